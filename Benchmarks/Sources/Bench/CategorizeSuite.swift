import Foundation
import JSONCodec
import MillraceRPC

/// What an answer of the categorizer costs: alone, in batches, and by slices; and what it remembers.
///
/// On published purchases where $MILLRACE_PURCHASES names CSV files of them, each with the column that is learned, as
/// `calderdale_card.csv=category_group,birmingham_card.csv=directorate` (with date, description and amount); else on invented
/// ones, whose names are more alike than any in the world.
enum CategorizeSuite {
    private struct Purchase {
        var merchant: String
        var amount: String
        var date: String
        var category: String
    }

    static func run(_ bench: Bench) throws {
        let purchases = try purchases(bench.quick ? 5000 : 100_000)
        for folder in ["run", "data", "log"] { _ = try bench.folder("categorize/\(folder)") }
        let state = bench.path("categorize")
        let socket = "\(state)/run/categorizer.sock"
        // It is trained where it is told to, not while it is measured.
        let daemon = try Daemon(
            Command(
                try bench.product("millrace-categorizer"), ["--state", state],
                environment: ["MILLRACE_STATE": state, "MILLRACE_CATEGORIZER_LESSONS": "1000000"]),
            log: "\(state)/log/categorizer.log", socket: socket)
        defer { daemon.stop() }
        let client = try BlockingClient(socket: socket)
        func add(_ name: String, _ value: Double, _ unit: String, _ goal: Goal? = nil, rounds: Int = 1) {
            bench.report.add(Figure("categorize", name, value, unit, goal: goal, rounds: rounds))
        }
        func call(_ method: String, _ params: String, within seconds: Double = 60) throws -> JSONValue {
            try client.callRaw(
                method, JSONRaw(validating: Array(params.utf8)), options: CallOptions(timeout: .seconds(seconds))
            ).decode(JSONValue.self)
        }

        for first in stride(from: 0, to: purchases.count, by: 5000) {
            let rows = purchases[first..<min(first + 5000, purchases.count)].enumerated().map { place, purchase in
                #"{"line":\#(first + place + 2),"expense":\#(expense(purchase, "h\(first + place)")),"category":"#
                    + #"\#(JSON.text(purchase.category))}"#
            }
            _ = try call("expense.import", #"{"rows":[\#(rows.joined(separator: ","))],"create_categories":true}"#)
        }
        let start = Date()
        _ = try call("model.rebuild", #"{"wait":true}"#, within: 600)
        add("training on \(purchases.count) rows", -start.timeIntervalSinceNow, "s")
        add(
            "memory with \(purchases.count) learned rows", try Usage.resident(of: daemon.pid), "MiB",
            .valueAtMost(150))
        try patterns(purchases) { try call($0, $1) }

        let count = min(10_000, purchases.count)
        let step = purchases.count / count
        let asked = (0..<count).map { expense(purchases[$0 * step], "b\($0)") }.joined(separator: ",")
        func batch(_ threads: Int) throws -> Double {
            let raw = #"{"expenses":[\#(asked)],"parallel":\#(threads > 1),"threads":\#(threads)}"#
            let start = Date()
            _ = try call("expense.categorizeBatch", raw)
            return -start.timeIntervalSinceNow
        }
        add("batch of \(count), two at once, first time", try batch(2), "s", .valueAtMost(0.5))
        let rounds = bench.rounds(7)
        let times = try interleaved(rounds: rounds, [{ try batch(1) }, { try batch(2) }])
        add("batch of \(count), one after the other", times[0], "s", rounds: rounds)
        add("batch of \(count), two at once", times[1], "s", .valueAtMost(0.5), rounds: rounds)
        add("of the one after the other, two at once", times[0] / times[1], "times", rounds: rounds)

        let calls = bench.quick ? 500 : 5000
        func single(_ name: String, _ goal: Goal?, _ params: (Int) -> String) throws {
            var times: [Double] = []
            for number in 0..<calls {
                let raw = JSONRaw(unchecked: Array(params(number * 7919 % purchases.count).utf8))
                let start = DispatchTime.now().uptimeNanoseconds
                _ = try client.callRaw("expense.categorize", raw)
                times.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6)
            }
            times.sort()
            add("\(name) p50", times[calls / 2], "ms")
            add("\(name) p99", times[calls * 99 / 100], "ms", goal)
        }
        try single("single call", .valueAtMost(1)) { #"{"expense":\#(expense(purchases[$0], "s"))}"# }
        try single("single call by id, read from disk", nil) { #"{"id":"h\#($0)"}"# }
        add("memory after all of it", try Usage.resident(of: daemon.pid), "MiB", .valueAtMost(150))
        daemon.stop()
        try decisions(bench, add)
    }

    /// A thousand patterns of the most frequent merchants.
    private static func patterns(
        _ purchases: [Purchase], _ call: (String, String) throws -> JSONValue
    ) throws {
        var counts: [String: (count: Int, category: String)] = [:]
        for purchase in purchases {
            let name = purchase.merchant.lowercased().filter { $0.isLetter || $0 == " " }
            counts[name, default: (0, purchase.category)].count += 1
        }
        let frequent = counts.filter { $0.key.count >= 4 }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(1000)
        for (name, entry) in frequent {
            let value = JSON.text(String(name.prefix(100)))
            let draft = #"{"type":"merchant","value":\#(value),"category":\#(JSON.text(entry.category))}"#
            _ = try call("pattern.put", #"{"pattern":\#(draft)}"#)
        }
    }

    /// What the rules alone take, without service and socket, on one core with 1,000 of them: the first file's last fifth is
    /// judged by what the rest has taught.
    private static func decisions(
        _ bench: Bench, _ add: (String, Double, String, Goal?, Int) -> Void
    ) throws {
        let file: (path: String, label: String)
        if let first = files().first {
            file = first
        } else {
            file = (bench.path("categorize/invented.csv"), "category")
            let rows = invented(20_000).enumerated().map { place, purchase in
                "\(place),\(purchase.date),\(purchase.merchant),\(purchase.amount),\(purchase.category)\n"
            }
            try ("id,date,description,amount,category\n" + rows.joined())
                .write(toFile: file.path, atomically: false, encoding: .utf8)
        }
        let lines = try String(contentsOfFile: file.path, encoding: .utf8).split(separator: "\n")
        let cut = bench.quick ? min(lines.count, 6000) : lines.count
        func write(_ name: String, _ range: Range<Int>) throws -> String {
            let path = bench.path("categorize/\(name).csv")
            try ([lines[0]] + lines[range]).joined(separator: "\n").write(
                toFile: path, atomically: false, encoding: .utf8)
            return path
        }
        let learn = try write("learn", 1..<(cut * 4 / 5))
        let judge = try write("judge", (cut * 4 / 5)..<cut)
        let command = Command(
            try bench.product("categorization-times"), ["speed", learn, judge, "description", file.label])
        let numbers = try command.output().split { !$0.isNumber }.compactMap { Double($0) }
        guard numbers.count >= 2 else { throw BenchmarkError("categorization-times said nothing") }
        add(
            "decisions a second on one core, 1000 rules, nothing remembered", numbers[0], "1/s", .valueAtLeast(50_000),
            1)
        add("the same once more", numbers[1], "1/s", .valueAtLeast(50_000), 1)
    }

    /// The files named by $MILLRACE_PURCHASES, each with its label's column.
    private static func files() -> [(path: String, label: String)] {
        (ProcessInfo.processInfo.environment["MILLRACE_PURCHASES"] ?? "").split(separator: ",").compactMap { word in
            let sides = word.split(separator: "=", maxSplits: 1).map(String.init)
            return sides.count == 2 ? (sides[0], sides[1]) : nil
        }
    }

    private static func expense(_ purchase: Purchase, _ id: String) -> String {
        #"{"id":"\#(id)","merchant_name":\#(JSON.text(purchase.merchant)),"amount":\#(purchase.amount),"#
            + #""transaction_date":"\#(purchase.date)"}"#
    }

    private static func purchases(_ count: Int) throws -> [Purchase] {
        var all: [Purchase] = []
        for file in files() {
            let rows = try String(contentsOfFile: file.path, encoding: .utf8).split(separator: "\n").map(fields)
            guard let header = rows.first, let text = header.firstIndex(of: "description"),
                let amount = header.firstIndex(of: "amount"), let date = header.firstIndex(of: "date"),
                let category = header.firstIndex(of: file.label)
            else { throw BenchmarkError("\(file.path) lacks description, amount, date or \(file.label)") }
            all += rows.dropFirst().filter { $0.count == header.count && !$0[category].isEmpty }.map {
                Purchase(merchant: $0[text], amount: $0[amount], date: $0[date], category: $0[category])
            }
        }
        guard !all.isEmpty else { return invented(count) }
        // As many as asked for, of all files; from the beginning again where there are fewer.
        let step = max(all.count / count, 1)
        return (0..<count).map { all[($0 * step + $0 * step / all.count) % all.count] }
    }

    /// One line of a CSV file without line ends in its fields.
    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    private static func invented(_ count: Int) -> [Purchase] {
        let kinds = [
            "garage", "books", "bakery", "hotel", "taxi", "pharmacy", "hardware", "cinema", "airline", "school",
        ]
        let names = ["North", "Harbour", "Corner", "Royal", "Green", "Old Mill", "City", "Lake", "Hill", "Station"]
        return (0..<count).map { number in
            let kind = kinds[number * 7 % kinds.count]
            let name = names[number / 3 % names.count] + " " + names[number / 31 % names.count]
            return Purchase(
                merchant: "\(name) \(kind) \(number % 997)", amount: "\(number % 900 + 1).\(number % 90 + 10)",
                date: "2026-0\(number % 9 + 1)-1\(number % 9)", category: kind)
        }
    }
}
