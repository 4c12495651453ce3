import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

/// The table against a dictionary, over random courses.
struct NumberTableTests {
    @Test(arguments: 0..<20) func itHoldsWhatADictionaryHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = NumberTable<Int64, Int>()
        var model: [Int64: Int] = [:]
        // Few numbers that meet often, and numbers as leases bear them.
        let base = seed.isMultiple(of: 2) ? Int64(0) : 7 << 32
        let most = Int64.random(in: 4...400, using: &random)
        for step in 0..<3000 {
            let key = base + Int64.random(in: 0..<most, using: &random)
            switch Int.random(in: 0...9, using: &random) {
            case 0...4:
                let row = table.set(key, step)
                model[key] = step
                #expect(table[row: row] == step)
            case 5: table.change(key) { $0 += 1 }; model[key]? += 1
            default: #expect(table.remove(key) == model.removeValue(forKey: key))
            }
            #expect(table[key] == model[key])
            guard step.isMultiple(of: 50) else { continue }
            #expect(table.count == model.count)
            #expect(Dictionary(uniqueKeysWithValues: zip(table.keys, table.values)) == model)
            for key in base..<base + most { #expect((table.row(of: key) != nil) == (model[key] != nil)) }
        }
    }

    @Test func lanesInWhichNothingWaitsOrRunsAreForgotten() throws {
        let mill = try Mill()
        try mill.join([.plain])
        for number in 0..<3000 {
            try mill.submit(JobSpecification(kind: "plain", queue: "queue-\(number)"))
            try mill.answerFirst(.process, .done)
        }
        #expect(mill.dispatcher.lanes.entries.count <= 1100)
        #expect(mill.dispatcher.lanes.queues.count <= 1100)
        // Those that were forgotten are found again.
        let ids = try (0..<3).map { try mill.submit(JobSpecification(kind: "plain", queue: "queue-\($0)")).id }
        #expect(mill.processing == ids)
    }
}
