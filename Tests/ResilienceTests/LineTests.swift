import TestSupport
import Testing

@testable import Resilience

struct LineTests {
    @Test(arguments: 0..<8) func itAgreesWithAnArray(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var line = Line<Int>()
        var model: [(Line<Int>.Position, Int)] = []
        var gone: [Line<Int>.Position] = []
        for number in 0..<3000 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                model.append((line.append(number), number))
            case 2:
                let index = model.lastIndex { $0.1 <= number / 2 }.map { $0 + 1 } ?? 0
                model.insert((line.insert(number / 2, behindLast: { $0 <= number / 2 }), number / 2), at: index)
            case 3:
                #expect(line.popFirst() == model.first?.1)
                if !model.isEmpty { gone.append(model.removeFirst().0) }
            default:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                let (position, element) = model.remove(at: index)
                #expect(line.remove(position) == element)
                gone.append(position)
            }
            #expect(line.count == model.count && line.first == model.first?.1)
            if let old = gone.randomElement(using: &random) { #expect(line.remove(old) == nil) }
        }
        while let next = line.popFirst() { #expect(next == model.removeFirst().1) }
        #expect(model.isEmpty)
    }

    @Test func itTakesNoMoreThanItWasEverLong() {
        var line = Line<Int>()
        for number in 0..<10_000 {
            _ = line.append(number)
            if line.count > 8 { _ = line.popFirst() }
        }
        #expect(line.nodes.count == 9)
    }
}
