import Foundation

/// The search for the next run, by cron and by OnCalendar, beside croniter and systemd; and `millctl schedule next --batch`.
enum CalendarsSuite {
    private static let zone = "Europe/Berlin"
    private static let cron = [
        "* * * * *", "*/5 * * * *", "0 * * * *", "30 2 * * *", "0 9 * * 1-5", "0 0 1 * *", "15 10 31 * *", "0 0 29 2 *",
        "5,35 8-17 * * 1-5", "0 12 13 * 5", "*/7 3-5 10-20 6,12 *",
    ]
    private static let onCalendar = [
        "minutely", "hourly", "daily", "*:0/5", "*-*-* 02:30:00", "Mon..Fri 09:00", "*-*-01 00:00:00", "*-*~01 10:15",
        "*-02-29", "Mon *-*-1..7 18:00", "*-*-* 08..17:05,35:00",
    ]
    /// What never comes: the whole calendar is searched.
    private static let never = ["cron", "0 0 30 2 *", "oncalendar", "*-02-30", "oncalendar", "Sun 2021-03-01"]

    private struct Times: Decodable {
        /// Nanoseconds for each expression.
        var next: [Double]
        var reading: [Double]?
        /// Of all answers, in seconds: whoever found the same runs has the same.
        var sums: [Int64]
    }

    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(5)
        let starts = bench.quick ? 200 : 1000
        var ours: [[Times]] = [[], []], croniter: [Times] = [], library: [Times] = []
        var missing: [String: String] = [:]
        func ask(_ kind: String, _ expressions: [String]) throws -> Times {
            let line = [zone, "5", "\(starts)"] + expressions.flatMap { [kind, $0] }
            return try Command(bench.product("calendar-times"), line).result()
        }
        func peer(_ name: String, _ body: () throws -> Void) {
            guard missing[name] == nil else { return }
            do { try body() } catch { missing[name] = "\(error)" }
        }
        for _ in 0..<rounds {
            ours[0].append(try ask("cron", cron))
            peer("croniter") {
                let script = [bench.floor("croniter_times.py"), zone, "1", "\(starts)"]
                // The one that Debian's packages are for.
                croniter.append(try Command("/usr/bin/python3", script + cron).result())
            }
            ours[1].append(try ask("oncalendar", onCalendar))
            peer("systemd") {
                let line = ["5", "\(starts)"] + onCalendar
                library.append(
                    try Command(bench.floor("systemd_calendar"), line, environment: ["TZ": zone]).result())
            }
        }
        for (name, reason) in missing { bench.report.skip("calendars", "beside \(name)", reason) }
        add(bench, "cron", cron, ours[0], beside: croniter, of: "croniter", rounds: rounds)
        add(bench, "OnCalendar", onCalendar, ours[1], beside: library, of: "libsystemd-shared", rounds: rounds)
        let line = [zone, "5", "\(starts)"] + never
        let nothing: Times = try Command(bench.product("calendar-times"), line).result()
        bench.report.add(
            Figure(
                "calendars", "an expression that never runs again, the slowest of \(never.count / 2)",
                (nothing.next.max() ?? 0) / 1000, "us", goal: .valueAtMost(10), rounds: 1))
        try analyze(bench, ours[1], rounds: rounds)
        try batch(bench)
    }

    private static func add(
        _ bench: Bench, _ name: String, _ expressions: [String], _ ours: [Times], beside peer: [Times],
        of peerName: String, rounds: Int
    ) {
        func figure(_ what: String, _ value: Double, _ floor: Double?, goal: Goal?) {
            let words = floor == nil ? what : "\(what), \(peerName) as floor"
            bench.report.add(
                Figure(
                    "calendars", "\(name), \(words)", value / 1000, "us", floor: floor.map { $0 / 1000 }, goal: goal,
                    rounds: rounds))
        }
        let next = each(ours.map(\.next))
        let peerNext = peer.isEmpty ? nil : each(peer.map(\.next))
        figure("the next run, median expression", median(next), peerNext.map(median), goal: .valueAtMost(10))
        let slowest = next.indices.max { next[$0] < next[$1] } ?? 0
        figure("the slowest, \(expressions[slowest])", next[slowest], peerNext?[slowest], goal: .valueAtMost(10))
        let read = peer.compactMap(\.reading)
        figure(
            "an expression read", median(each(ours.compactMap(\.reading))), read.isEmpty ? nil : median(each(read)),
            goal: nil)
        guard let other = peer.first, let own = ours.first else { return }
        let odd = expressions.indices.filter { own.sums[$0] != other.sums[$0] }.map { expressions[$0] }
        bench.report.note(
            "calendars: \(peerName) found the same runs for \(expressions.count - odd.count) of \(expressions.count)"
                + (odd.isEmpty ? "" : ", others for \(odd.joined(separator: "; "))"))
    }

    /// The median over the rounds, expression by expression.
    private static func each(_ rounds: [[Double]]) -> [Double] {
        (rounds.first ?? []).indices.map { index in median(rounds.map { $0[index] }) }
    }

    /// What a run costs `systemd-analyze calendar`, its own start left out and what it prints included: the difference between
    /// many iterations and one.
    private static func analyze(_ bench: Bench, _ ours: [Times], rounds: Int) throws {
        let many = bench.quick ? 50 : 500
        func seconds(_ iterations: Int) throws -> Double {
            let line = ["calendar", "--base-time=2020-09-13 12:26:40 UTC", "--iterations=\(iterations)", "--"]
            let start = DispatchTime.now().uptimeNanoseconds
            // An expression that ends earlier has fewer runs to print; none of these does.
            _ = try Command("systemd-analyze", line + onCalendar, environment: ["TZ": zone, "LC_ALL": "C"]).output()
            return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        }
        guard Command.find("systemd-analyze") != nil else {
            return bench.report.skip("calendars", "systemd-analyze calendar", "systemd-analyze is not installed")
        }
        let times = try interleaved(rounds: rounds, [{ try seconds(1) }, { try seconds(many + 1) }])
        let each = (times[1] - times[0]) / Double(many * onCalendar.count) * 1e6
        bench.report.add(
            Figure(
                "calendars", "OnCalendar, the next run, mean; systemd-analyze calendar, printing too, as floor",
                ours.map { $0.next.reduce(0, +) / Double($0.next.count) }.reduce(0, +) / Double(ours.count) / 1000,
                "us", floor: each, rounds: rounds))
        bench.report.add(
            Figure(
                "calendars", "one question to systemd-analyze calendar, a process each", times[0] * 1e3, "ms",
                rounds: rounds))
    }

    /// A hundred thousand questions of five runs each, by 22 expressions in eight zones.
    private static func batch(_ bench: Bench) throws {
        let count = bench.quick ? 10_000 : 100_000
        let zones = [
            zone, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
            "Pacific/Apia",
            "Africa/Casablanca",
        ]
        let specs = cron.map { ("cron", $0) } + onCalendar.map { ("oncalendar", $0) }
        var text = ""
        for number in 0..<count {
            let (kind, spec) = specs[number % specs.count]
            let after = ISO8601DateFormatter().string(
                from: Date(timeIntervalSince1970: Double(1_600_000_000 + number * 4001)))
            text += #"{"id":\#(number),"kind":"\#(kind)","spec":"\#(spec)","zone":"\#(zones[number / 22 % 8])","#
            text += #""after":"\#(after)","count":5}"# + "\n"
        }
        let (questions, answers) = (bench.path("questions.jsonl"), bench.path("answers.jsonl"))
        try text.write(toFile: questions, atomically: true, encoding: .utf8)
        let millctl = try bench.product("millctl")
        let rounds = bench.rounds(3)
        let seconds = try interleaved(
            rounds: rounds,
            [
                {
                    let start = DispatchTime.now().uptimeNanoseconds
                    let line = #"exec "$0" schedule next --batch <"$1" >"$2""#
                    try Command("sh", ["-c", line, millctl, questions, answers]).output()
                    return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
                }
            ])[0]
        let lines = try String(contentsOfFile: answers, encoding: .utf8).split(separator: "\n")
        guard lines.count == count, !lines.contains(where: { $0.contains("\"error\"") }) else {
            throw BenchmarkError("\(lines.count) answers to \(count) questions, some with an error")
        }
        bench.report.add(
            Figure(
                "calendars", "\(count) lines of schedule next --batch, five runs each", seconds, "s",
                goal: .valueAtMost(5), rounds: rounds))
    }
}
