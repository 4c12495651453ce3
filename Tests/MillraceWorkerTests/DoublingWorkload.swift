import JSONCodec
import MillraceProtocol
import MillraceWorker

/// Doubles numbers: `{"numbers":[1,2]}` has the items 1 and 2 and the result 6.
struct DoublingWorkload: Workload {
    static let kind = "double"
    static let summary = "doubles numbers"

    struct Params: JSONDecodable, Sendable {
        var numbers: [Int]

        init(from json: inout JSONReader) throws(JSONError) {
            var numbers: [Int]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "numbers": numbers = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.numbers = try json.require(numbers, "numbers")
        }
    }

    func plan(_ params: Params, _ run: JobRun) async throws -> Plan<Int> {
        Plan(items: params.numbers.map { PlannedItem(key: "n\($0)", input: $0) }, slots: 2)
    }

    func preload(_ params: Params, _ items: [PlannedItem<Int>], _ run: JobRun) async throws -> [Int: Int] {
        run.progress("doubling \(items.count)")
        return Dictionary(uniqueKeysWithValues: items.map { ($0.input, 2 * $0.input) })
    }

    /// The number 13 waits until it is cancelled.
    func process(_ item: PlannedItem<Int>, _ params: Params, _ doubled: [Int: Int], _ run: JobRun) async throws -> Int {
        if item.input == 13 { try await Task.sleep(for: .seconds(3600)) }
        guard let result = doubled[item.input] else {
            throw RPCError(.notFound, "\(item.key) was not preloaded", reason: "test.missing")
        }
        return result
    }

    func summarize(_ outcomes: [Outcome<Int>], _ params: Params, _ run: JobRun) async throws -> Int {
        outcomes.reduce(0) { $0 + ($1.output ?? 0) }
    }
}
