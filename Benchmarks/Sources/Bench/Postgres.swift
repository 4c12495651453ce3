import Foundation

/// A private PostgreSQL with `synchronous_commit = on`, a table like the runner's, and pgbench as its client.
final class Postgres {
    private let folder: String
    private let script: String
    private let life: String
    private let daemon: Daemon

    private static let table = """
        CREATE TABLE job (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, params text NOT NULL,
            state smallint NOT NULL, priority int NOT NULL, run_at bigint NOT NULL, correlation_id text NOT NULL);
        CREATE INDEX job_ready ON job (priority DESC, run_at, id) WHERE state = 0;
        """
    /// pgbench takes a colon with a name or a number after it for a variable.
    private static let payload = SubmitSuite.payload.replacingOccurrences(of: ":", with: ": ")
    private static let insert = """
        INSERT INTO job (kind, params, state, priority, run_at, correlation_id)
        VALUES ('bench', '\(payload)', 0, 0, 4070908800000, '0123456789abcdef0123456789abcdef')
        RETURNING id;
        """

    /// Due at once; taken and ended in transactions of their own, as a job that is worked on has to be. Once in a while
    /// all that are ready are locked by others and there is nothing to take.
    private static let wholeLife = """
        \\set taken 0
        INSERT INTO job (kind, params, state, priority, run_at, correlation_id)
        VALUES ('bench', '\(payload)', 0, 0, 0, '0123456789abcdef0123456789abcdef') RETURNING id;
        UPDATE job SET state = 1 WHERE id = (
            SELECT id FROM job WHERE state = 0 AND run_at = 0 ORDER BY priority DESC, run_at, id
            FOR UPDATE SKIP LOCKED LIMIT 1)
        RETURNING id AS taken \\aset
        UPDATE job SET state = 2 WHERE id = :taken;
        """

    init(_ bench: Bench) throws {
        folder = try bench.folder("postgres")
        script = bench.path("insert.sql")
        life = bench.path("life.sql")
        try Self.insert.write(toFile: script, atomically: true, encoding: .utf8)
        try Self.wholeLife.write(toFile: life, atomically: true, encoding: .utf8)
        if geteuid() == 0 { try Command("chown", ["postgres", folder]).output() }
        let log = bench.path("postgres.log")
        let data = "\(folder)/data"
        try Self.command("initdb", ["-D", data, "-A", "trust", "-U", "bench", "-N"]).output()
        let settings = ["fsync=on", "synchronous_commit=on", "listen_addresses=", "max_connections=200"]
        daemon = try Daemon(
            Self.command("postgres", ["-D", data, "-k", folder] + settings.flatMap { ["-c", $0] }), log: log,
            socket: "\(folder)/.s.PGSQL.5432")
        do {
            try awaitReadiness()
            try Self.command("psql", ["-q", "-h", folder, "-U", "bench", "-c", Self.table, "postgres"]).output()
        } catch {
            stop()
            throw error
        }
    }

    private func awaitReadiness() throws {
        for _ in 0..<200 {
            if (try? Self.command("pg_isready", ["-q", "-h", folder]).output()) != nil { return }
            usleep(50_000)
        }
        throw BenchmarkError("PostgreSQL is not ready within 10 s")
    }

    /// Jobs put in by each caller one after the other; or, with `life`, put in, taken and done.
    ///
    /// pgbench counts whole seconds only.
    func rate(callers: Int, seconds: Double, life: Bool = false) throws -> Double {
        let script = life ? self.life : self.script
        let load = ["-c", "\(callers)", "-j", "2", "-T", "\(max(1, Int(seconds.rounded())))", "-M", "prepared", "-n"]
        let text = try Self.command("pgbench", load + ["-h", folder, "-U", "bench", "-f", script, "postgres"]).output()
        let line = text.split(separator: "\n").first { $0.hasPrefix("tps = ") }
        guard let rate = line?.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else {
            throw BenchmarkError("pgbench told no rate")
        }
        return rate
    }

    func stop() {
        // A fast shutdown; SIGTERM would wait for clients.
        daemon.process.interrupt()
        daemon.process.waitUntilExit()
    }

    /// The server refuses to run as root, where the package's own user runs it.
    private static func command(_ program: String, _ arguments: [String]) throws -> Command {
        let path = try path(of: program)
        guard geteuid() == 0 else { return Command(path, arguments) }
        return Command(
            "setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", path] + arguments)
    }

    private static func path(of program: String) throws -> String {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.max { (Int($0) ?? 0) < (Int($1) ?? 0) }
        let installed = newest.map { "/usr/lib/postgresql/\($0)/bin/\(program)" }
        if let installed, FileManager.default.isExecutableFile(atPath: installed) { return installed }
        return try Command.path(of: program)
    }
}
