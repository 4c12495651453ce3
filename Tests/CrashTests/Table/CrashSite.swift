import Glibc
import TestSupport

/// A runner with everything that is killed beside it: workers from outside, those of its pool, commands.
final class CrashSite: Sendable {
    static let worker = Binary.path("CrashWorker")

    let runner: BareRunner
    let outside: Watched<[RunningProcess]>
    private let capacity: Int

    var effects: String { runner.folder.file("effects") }

    /// - Parameters:
    ///   - outside: workers that connect by themselves.
    ///   - pool: processes of the runner's pool at most.
    init(outside: Int = 2, capacity: Int = 4, pool: Int = 2) throws {
        runner = BareRunner(environment: ["MILLRACE_RUNNER_COMMANDS": ""])
        self.outside = Watched([])
        self.capacity = capacity
        for name in ["etc", "etc/kinds.d"] { mkdir(runner.folder.file(name), 0o755) }
        declare(pool: pool)
        try outside > 0 ? renew(Array(0..<outside)) : ()
    }

    /// Writes the declarations of kinds, for the next start or reload.
    func declare(pool: Int, concurrency: Int = 50) {
        runner.folder.write(
            """
            kinds:
              - { name: crash.plain }
              - { name: crash.batch }
              - { name: crash.pooled, worker: crash }
              - { name: crash.command, concurrency: \(concurrency), command: [\(Self.worker), command, \(effects)] }
            workers:
              - name: crash
                command: [\(Self.worker), worker, \(effects), pooled, "4", crash.pooled]
                processes: \(pool)
                warm: 1
            queues:
              - { name: fast, durability: crash }

            """, to: "etc/kinds.d/crash.yaml")
    }

    /// Starts the outside workers of these places.
    func renew(_ places: [Int]) throws {
        for place in places {
            let started = try RunningProcess([
                "setpriv", "--pdeathsig", "KILL", Self.worker, "worker", effects, "outside", "\(capacity)",
                "crash.plain", "crash.batch", "@" + runner.socket,
            ])
            outside.update { all in
                if place < all.count { all[place] = started } else { all.append(started) }
            }
        }
    }

    /// Returns when nothing waits or runs any more.
    func drained() async throws {
        do {
            try await eventually("all jobs are over", within: .seconds(60), every: .milliseconds(20)) {
                let figures = try await runner.call("service.status")["figures"]
                return figures["jobs_live"].int == 0 && figures["calls"].int == 0
            }
        } catch {
            throw TestFailure("\(error)\n\(await whyNot())")
        }
    }

    /// What stands in the way of the end, by the runner's own account.
    private func whyNot() async -> String {
        var lines: [String] = []
        for state in ["running", "ready", "scheduled"] {
            let jobs = try? await runner.call("job.list", "{\"state\":\"\(state)\",\"limit\":3}")
            for job in jobs?["jobs"].elements ?? [] {
                let why = try? await runner.call("job.why", "{\"id\":\(job["id"].int ?? 0)}")
                lines += ["\(job)", "\(why ?? .absent)"]
            }
        }
        for method in ["worker.list", "queue.list", "service.status"] {
            lines.append("\(method): \((try? await runner.call(method)) ?? .absent)")
        }
        return lines.joined(separator: "\n")
    }

    /// Ends everything and waits for it.
    func end() async throws {
        let ending = try await runner.stop()
        guard ending == .exited(0) else { throw TestFailure("the runner's end: \(String(describing: ending))") }
        for worker in outside.value { worker.signal(SIGKILL) }
        for worker in outside.value { try await worker.wait(within: .seconds(10)) }
        try await eventually("no process is left over", within: .seconds(10), every: .milliseconds(10)) {
            leftOver.isEmpty
        }
    }

    /// Processes that work on this site's files.
    var leftOver: [pid_t] {
        Self.processes.filter { pid in
            pid != getpid() && (text(of: "/proc/\(pid)/cmdline") ?? "").contains(runner.state)
        }
    }

    /// Descriptors that the runner has open.
    var descriptors: Int { Self.names(in: "/proc/\(runnerPid)/fd").count }

    /// The runner's own, where a tracer stands above it.
    var runnerPid: pid_t {
        text(of: runner.jobs + ".lock").flatMap { pid_t($0.filter(\.isNumber)) } ?? runner.pid
    }

    private static var processes: [pid_t] { names(in: "/proc").compactMap { pid_t($0) } }

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}
