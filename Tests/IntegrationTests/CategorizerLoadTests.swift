import Glibc
import TestSupport
import Testing

/// The categorizer's own process under many callers, with and without its database.
@Suite(.heavy, .enabled(if: RunningCategorizer.isBuilt, "millrace-categorizer is not built"))
struct CategorizerLoadTests {
    /// What came back, over all callers.
    private struct Tally: Sendable {
        var methods: [String: Int] = [:]
        var faults: [String: Int] = [:]
        var stored = 0
        var wrong: [String] = []
        var confidences: Set<String> = []

        mutating func add(_ answer: Tree) {
            let method = answer["method"].string ?? "?"
            methods[method, default: 0] += 1
            if let fault = answer["error"]["kind"].string { faults[fault, default: 0] += 1 }
            if answer["stored"].bool == true { stored += 1 }
            if answer["error"]["kind"].string == nil, answer["category_name"].string != "Food" {
                wrong.append("\(answer)")
            }
            if method == "cached_fallback", let confidence = answer["confidence"].decimal {
                confidences.insert("\(confidence)")
            }
        }
    }

    /// Callers on connections of their own, until `isOver`.
    private func load(
        _ categorizer: RunningCategorizer, callers: Int, _ tally: Watched<Tally>, until isOver: Watched<Bool>,
        _ params: @escaping @Sendable (_ caller: Int, _ turn: Int) -> String
    ) async throws {
        let socket = categorizer.socket
        try await withThrowingTaskGroup { group in
            for caller in 0..<callers {
                group.addTask {
                    try await onThread {
                        let client = try WireClient(socket)
                        var turn = 0
                        while !isOver.value {
                            let answer = try client.call("expense.categorize", params(caller, turn))
                            tally.update { $0.add(answer) }
                            turn += 1
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func lesson(_ id: String, _ merchant: String, _ category: String) -> String {
        #"{"corrections":[{"expense":{"id":"\#(id)","merchant_name":"\#(merchant)"},"category":"\#(category)"}]}"#
    }

    @Test func fiftyCallersOfOneExpenseWhileItIsConfiguredResetAndTaught() async throws {
        try await RunningCategorizer().use { categorizer in
            for name in ["Food", "Fuel"] { try await categorizer.call("category.put", #"{"name":"\#(name)"}"#) }
            try await categorizer.take([("e-1", "Starbucks")])
            try await categorizer.call("expense.learn", Self.lesson("t-0", "Starbucks", "Food"))
            let (tally, isOver) = (Watched(Tally()), Watched(false))
            try await within(.seconds(120)) {
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        try await load(categorizer, callers: 50, tally, until: isOver) { _, _ in
                            #"{"id":"e-1","options":{"timeout_ms":60000}}"#
                        }
                    }
                    group.addTask {
                        for turn in 0..<15 {
                            try await categorizer.call(
                                "expense.learn", Self.lesson("s-\(turn)", "Shell \(turn)", "Fuel"))
                            try await categorizer.call(
                                "categorizer.configure", #"{"options":{"max_alternatives":\#(turn % 5)}}"#)
                            if turn % 3 == 0 { try await categorizer.call("categorizer.reset") }
                        }
                        let count = tally.value.methods.values.reduce(0, +)
                        try await tally.wait(for: "answers afterwards") { $0.methods.values.reduce(0, +) > count + 100 }
                        isOver.update { $0 = true }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(tally.value.faults.isEmpty && tally.value.wrong.isEmpty, "\(tally.value)")
            let kept = try await categorizer.call("expense.list", #"{"limit":1000}"#)["expenses"].elements
            let one = try #require(kept.first { $0["expense"]["id"].string == "e-1" })
            #expect(one["category_name"].string == "Food" && one["auto_categorized"].bool == true)
        }
    }

    /// The files are emptied and gone, as on a disk that was torn out, and later they are there again.
    @Test func theDatabaseGoesUnderLoadAndComesBack() async throws {
        let settings = ["MILLRACE_CATEGORIZER_BREAKER_FAILURES": "5", "MILLRACE_CATEGORIZER_BREAKER_PAUSE": "100ms"]
        try await RunningCategorizer(environment: settings).use { categorizer in
            try await categorizer.call("category.put", #"{"name":"Food"}"#)
            try await categorizer.take((0..<3000).map { ("e-\($0)", "Starbucks") })
            try await categorizer.call("expense.learn", Self.lesson("t", "Starbucks", "Food"))
            let (tally, isOver) = (Watched(Tally()), Watched(false))
            func reached(_ what: String, _ isSo: @escaping @Sendable (Tally) -> Bool) async throws {
                _ = try await tally.wait(within: .seconds(60), for: what) { isSo($0) }
            }
            try await withThrowingTaskGroup { group in
                group.addTask {
                    // Some that are asked for all the time, and some that nobody has asked for.
                    try await load(categorizer, callers: 8, tally, until: isOver) { caller, turn in
                        let id = caller % 2 == 0 ? turn % 50 : (caller * 977 + turn * 31) % 3000
                        return #"{"id":"e-\#(id)","options":{"timeout_ms":60000}}"#
                    }
                }
                defer { isOver.update { $0 = true } }
                try await reached("answers that were stored") { $0.stored > 500 }
                #expect(tally.value.faults.isEmpty, "\(tally.value)")

                // Stopped for a moment, so that what is put by is whole; whoever asks meanwhile waits.
                Glibc.kill(categorizer.pid, SIGSTOP)
                try await eventually("it is stopped") { ProcessLook.isStopped(categorizer.pid) }
                for file in ["", "-wal"] {
                    let path = categorizer.database + file
                    let bytes = try #require(contents(of: path))
                    categorizer.folder.write(bytes, to: "away\(file)")
                    truncate(path, 0)
                    unlink(path)
                }
                Glibc.kill(categorizer.pid, SIGCONT)
                try await reached("last answers and a breaker that is open") {
                    ($0.methods["cached_fallback"] ?? 0) > 50 && ($0.faults["unavailable"] ?? 0) > 50
                }
                let status = try await categorizer.call("service.status")
                #expect("\(status)".contains("left alone"), "\(status)")
                let described = #"{"expense":{"id":"x","merchant_name":"Starbucks"},"options":{"timeout_ms":60000}}"#
                let given = try await categorizer.call("expense.categorize", described)
                #expect(given["category_name"].string == "Food", "what is given in full needs no database")

                for file in ["-wal", ""] {
                    rename(categorizer.folder.file("away\(file)"), categorizer.database + file)
                }
                let stored = tally.value.stored
                try await reached("answers that are stored again") { $0.stored > stored + 500 }
                isOver.update { $0 = true }
                try await group.waitForAll()
            }
            #expect(
                tally.value.wrong.isEmpty && Set(tally.value.faults.keys).isSubset(of: ["database", "unavailable"]))
            #expect(tally.value.confidences.count == 1, "the last good one, times 0.8: \(tally.value.confidences)")
            let good = try await categorizer.call("expense.categorize", #"{"id":"e-1"}"#)["confidence"].decimal
            let (whole, fallen) = (
                good.flatMap { Double("\($0)") }, tally.value.confidences.first.flatMap { Double($0) }
            )
            #expect(abs(try #require(fallen) - 0.8 * (try #require(whole))) < 0.0001)
            let kept = try await categorizer.call("expense.list", #"{"limit":1000}"#)
            #expect(kept["expenses"].elements.count == 1000 && kept["more"].bool == true, "nothing was lost")
        }
    }
}
