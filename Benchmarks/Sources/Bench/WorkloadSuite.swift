import Foundation
import JSONCodec

/// The month of 20 contractors with three projects each, through the real runner and its worker. The books behave as
/// the remote service they replace: 341 calls and 60 summaries, each of which takes 150 ms, one minute in sequence.
enum WorkloadSuite {
    static let contractors = 20
    static let projects = 3
    static let delay = 0.15
    static let calls = 1 + contractors * 2 + contractors * projects * 5 + contractors * projects

    static func run(_ bench: Bench) throws {
        for pool in bench.quick ? [20] : [1, 5, 10, 20] {
            let measured = try month(bench, pool: pool)
            bench.report.add(
                Figure(
                    "workload", "\(calls) calls of 150 ms, pool of \(pool)", measured, "s",
                    floor: Double(calls) * delay / Double(pool), goal: .ratioWithin(percent: 10), rounds: 1))
        }
    }

    /// Seconds from submit to end, as `millctl job submit --wait` sees it.
    private static func month(_ bench: Bench, pool: Int) throws -> Double {
        let environment = [
            "TASK_ORDER_LOG_WORKER_POOL_SIZE": "\(pool)", "MILLRACE_REHEARSAL_DELAY_MS": "\(Int(delay * 1000))",
        ]
        let runner = try Runner(
            bench, state: "workload-\(pool)", workers: "millrace-backoffice", environment: environment)
        defer { runner.stop() }
        func millctl(_ arguments: [String]) throws -> String {
            try Command(bench.product("millctl"), arguments + ["--state", runner.state]).output()
        }
        func sync(_ month: String) throws -> JSONValue {
            let params = #"{"month":"\#(month)"}"#
            let line = ["job", "submit", "sync-task-order-logs", "--params", params, "--wait", "--json"]
            return try JSON.decode(from: Array(try millctl(line).utf8))
        }
        let sheet = "\(runner.state)/timesheets.csv"
        try timesheets.write(toFile: sheet, atomically: true, encoding: .utf8)
        _ = try millctl(["books", "import", "timesheets", sheet])
        // A month without entries, so that the worker is there.
        _ = try sync("2026-01")

        let clock = ContinuousClock()
        let start = clock.now
        let answer = try sync("2026-10")
        let seconds = (clock.now - start) / .seconds(1)
        let result = answer["job"]?["result"] ?? answer["result"] ?? answer
        guard result["orders_created"]?.intValue == contractors,
            result["line_items_created"]?.intValue == contractors * projects
        else { throw BenchmarkError("the month came out wrong: \(JSON.text(answer).prefix(400))") }
        return seconds
    }

    /// One entry for each project, so that a single call reads them all.
    private static var timesheets: String {
        var csv = "id,date,contractor,project,hours,status,text\n"
        for contractor in 1...contractors {
            for project in 1...projects {
                csv += "e-\(contractor)-\(project),2026-10-\(10 + project),contractor-\(contractor),"
                csv += "project-\(contractor)-\(project),7.5,Reviewed,Built part \(project)\n"
            }
        }
        return csv
    }
}
