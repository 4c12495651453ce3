import Glibc
import TestSupport
import Testing

/// `kill -9` of the categorizer at random moments while it is taught and expenses are categorized in bulk.
@Suite(.serialized, .heavy, .enabled(if: RunningCategorizer.isBuilt, "millrace-categorizer is not built"))
struct CategorizerCrashTests {
    /// `MILLRACE_CATEGORIZER_KILLS`.
    private static let kills = environment("MILLRACE_CATEGORIZER_KILLS").flatMap(Int.init) ?? 8
    private static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)
    /// Expenses of one bulk operation.
    private static let bulk = 200

    /// What was answered.
    private struct Told: Sendable {
        var lessons: Set<String> = []
        var applied: Set<Int> = []
        var undone: Set<Int> = []
    }

    /// Teaches, applies and takes back until the connection breaks.
    private static func work(_ socket: String, _ round: Int, _ told: Watched<Told>) async throws {
        try await onThread {
            let client = try WireClient(socket)
            for turn in 0..<10_000 {
                let id = "l-\(round)-\(turn)"
                _ = try client.call(
                    "expense.learn",
                    #"{"corrections":[{"expense":{"id":"\#(id)","merchant_name":"Shop \#(id)"},"category":"Fuel"}]}"#)
                told.update { $0.lessons.insert(id) }
                let first = (round * 7 + turn) % 10 * bulk
                let ids = (first..<first + bulk).map { "\"e-\($0)\"" }.joined(separator: ",")
                let apply =
                    #"{"ids":[\#(ids)],"category":"\#(turn % 2 == 0 ? "Food" : "Fuel")","allow_recategorize":true}"#
                let done = try client.call("bulk.apply", apply)
                guard let operation = done["operation"]["id"].int else { throw TestFailure("\(done)") }
                told.update { $0.applied.insert(operation) }
                guard turn % 3 == 1 else { continue }
                _ = try client.call("bulk.undo", #"{"operation":\#(operation)}"#)
                told.update { $0.undone.insert(operation) }
            }
        }
    }

    @Test func whatWasAnsweredStandsAndEveryOperationIsWholeOrNotAtAll() async throws {
        let told = Watched(Told())
        var random = SeededGenerator(seed: Self.seed)
        try await RunningCategorizer().use { categorizer in
            for name in ["Food", "Fuel"] { try await categorizer.call("category.put", #"{"name":"\#(name)"}"#) }
            try await categorizer.take((0..<(10 * Self.bulk)).map { ("e-\($0)", "Starbucks") })
            for round in 0..<Self.kills {
                let socket = categorizer.socket
                let worker = Task { try await Self.work(socket, round, told) }
                let before = told.value.applied.count
                let more = Int.random(in: 1...4, using: &random)
                _ = try await told.wait(within: .seconds(60), for: "work") { $0.applied.count >= before + more }
                // A moment in the middle of something.
                _ = try? await told.wait(within: .microseconds(Int.random(in: 0...20_000, using: &random)), for: "") {
                    _ in
                    false
                }
                try await categorizer.kill()
                // It ends with its connection.
                await #expect(throws: (any Error).self) { try await worker.value }
                try await categorizer.start()
                try await Self.judge(categorizer, told.value)
            }
            // What was whole can still be taken back, as the newest of its expenses.
            let operations = try await categorizer.call("bulk.list", #"{"limit":500}"#)["operations"].elements
            let last = try #require(
                operations.first { $0["kind"].string == "apply" && $0["status"].string == "completed" })
            let undone = try await categorizer.call("bulk.undo", #"{"operation":\#(try #require(last["id"].int))}"#)
            #expect(undone["restored"].int == Self.bulk, "seed \(Self.seed): \(undone)")
        }
    }

    private static func judge(_ categorizer: RunningCategorizer, _ told: Told) async throws {
        var known: Set<String> = []
        var after = ""
        while true {
            let page = try await categorizer.call("expense.list", #"{"limit":1000,"after":"\#(after)"}"#)
            for kept in page["expenses"].elements where kept["confirmed"].bool == true {
                known.insert(kept["expense"]["id"].string ?? "")
            }
            after = page["expenses"].elements.last?["expense"]["id"].string ?? ""
            if page["more"].bool != true { break }
        }
        #expect(told.lessons.isSubset(of: known), "seed \(seed): lost: \(told.lessons.subtracting(known))")
        let operations = try await categorizer.call("bulk.list", #"{"limit":500}"#)["operations"].elements
        let ids = Set(operations.compactMap { $0["id"].int })
        let (newest, oldest) = (ids.max() ?? 0, ids.min() ?? 0)
        #expect(told.applied.filter { $0 >= oldest }.allSatisfy(ids.contains), "seed \(seed)")
        for operation in operations {
            let (id, status) = (operation["id"].int ?? 0, operation["status"].string ?? "")
            #expect(["completed", "undone"].contains(status), "seed \(seed): \(operation)")
            #expect(operation["expenses"].int == bulk, "seed \(seed): \(operation)")
            if told.undone.contains(id) { #expect(status == "undone", "seed \(seed): \(operation)") }
            // What is not told may have been done all the same, but only the last of all.
            if status == "undone", !told.undone.contains(id) { #expect(id >= newest - 1 || told.applied.contains(id)) }
        }
    }
}
