import TestSupport
import Testing

@testable import Preloading

struct PlaceTableTests {
    /// Few different hashes, so that nearly everything collides and runs of cells wrap around the end.
    @Test(arguments: [1, 3, 16, 1 << 20]) func whatGoesInIsFoundUntilItIsTakenOut(hashes: UInt32) {
        var random = SeededGenerator(seed: 11)
        var table = PlaceTable()
        var there: [Int32: UInt32] = [:]
        for round in 0..<20_000 {
            let place = Int32.random(in: 0..<300, using: &random)
            if let hash = there.removeValue(forKey: place) {
                table.remove(place, hash)
                #expect(table.find(hash) { $0 == place } == nil)
            } else {
                let hash = UInt32.max - UInt32.random(in: 0..<hashes, using: &random)
                there[place] = hash
                table.insert(place, hash)
            }
            #expect(table.count == there.count)
            guard round % 500 == 0 else { continue }
            for (place, hash) in there { #expect(table.find(hash) { $0 == place } == place) }
        }
    }

    @Test func nothingIsFoundInAnEmptyOne() {
        #expect(PlaceTable().find(7) { _ in true } == nil)
    }
}
