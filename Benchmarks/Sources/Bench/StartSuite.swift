import Foundation

/// The runner and the preloader as systemd starts them: time from exec to READY, memory at idle, size on disk.
enum StartSuite {
    struct Start: Decodable {
        var ready_ms: Double
        var rss_kib: Double
        var anonymous_kib: Double
    }

    static func run(_ bench: Bench) throws {
        let runner = try bench.folder("start")
        try service(bench, "millrace-runner", listening: Runner.listenName, state: runner, saying: "")

        for folder in ["data", "etc/datasets.d"] { _ = try bench.folder("start-preloader/\(folder)") }
        let preloader = bench.path("start-preloader")
        try Data("{}".utf8).write(to: URL(filePath: "\(preloader)/data/rows.json"))
        try Data("name: rows\nfile: { path: rows.json }\n".utf8)
            .write(to: URL(filePath: "\(preloader)/etc/datasets.d/rows.yaml"))
        try service(bench, "millrace-preloader", listening: "preloader", state: preloader, saying: "preloader: ")

        for name in ["millrace-runner", "millrace-preloader", "millrace-backoffice", "millctl"] {
            do {
                let size = try strippedSize(bench, name)
                bench.report.add(
                    Figure(
                        "start", "\(name), stripped", size, "MB",
                        goal: name == "millrace-runner" ? .valueAtMost(20) : nil, rounds: 1))
            } catch {
                bench.report.skip("start", "\(name), stripped", "\(error)")
            }
        }
    }

    private static func service(
        _ bench: Bench, _ name: String, listening: String, state: String, saying prefix: String
    ) throws {
        let program = try bench.product(name)
        func start(_ program: String, _ arguments: [String], runs: Int, idle: Int) throws -> Start {
            let line = [bench.scratch, listening, "\(runs)", "\(idle)", program] + arguments
            return try Command(bench.floor("exec_ready"), line).result()
        }
        // The first start makes what is made once; what is measured is the everyday one.
        _ = try start(program, ["--state", state], runs: 1, idle: 0)

        let rounds = bench.rounds(30)
        var minimal: [Double] = [], ours: [Double] = []
        for _ in 0..<rounds {
            minimal.append(try start(bench.floor("minimal"), [], runs: 1, idle: 0).ready_ms)
            ours.append(try start(program, ["--state", state], runs: 1, idle: 0).ready_ms)
        }
        let idle = try start(program, ["--state", state], runs: min(rounds, 3), idle: 1000)
        func add(_ figure: String, _ value: Double, _ unit: String, floor: Double? = nil, goal: Goal?, rounds: Int) {
            bench.report.add(
                Figure("start", prefix + figure, value, unit, floor: floor, goal: goal, rounds: rounds))
        }
        add(
            "exec to READY, a minimal C service as floor", median(ours), "ms", floor: median(minimal),
            goal: .valueAtMost(10), rounds: rounds)
        add("resident at idle", idle.rss_kib / 1024, "MiB", goal: .valueAtMost(16), rounds: min(rounds, 3))
        add("of it private", idle.anonymous_kib / 1024, "MiB", goal: nil, rounds: min(rounds, 3))
    }

    private static func strippedSize(_ bench: Bench, _ name: String) throws -> Double {
        let stripped = bench.path("stripped")
        try Command("strip", ["-o", stripped, try bench.product(name)]).output()
        defer { unlink(stripped) }
        let attributes = try FileManager.default.attributesOfItem(atPath: stripped)
        return Double(attributes[.size] as? Int ?? 0) / 1e6
    }
}
