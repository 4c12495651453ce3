import Linux
import TestSupport
import Testing

/// The Debian package of `make deb`, on a booted system without a toolchain.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: DebianPackage.built != nil, "no package is built, `make deb` does"), .bootedSystem)
struct PackageTests {
    private let system: BootedSystem
    private let package: String
    private static let services = ["runner", "preloader", "categorizer", "scheduler", "metrics"]

    init() async throws {
        system = try #require(BootedSystem.current)
        package = try #require(DebianPackage.built)
        // An image for containers forbids packages to restart anything; a machine does not.
        try await system.check(["rm", "-f", "/usr/sbin/policy-rc.d"])
        try await system.check(["mount", "-t", "tmpfs", "none", "/opt"])
    }

    @Test func itIsInstalledRunsTheMainJobIsUpgradedUnderLoadRemovedAndPurged() async throws {
        try await put(try await DebianPackage.copy(of: package, as: "0.0.1~earlier"))
        let commands = try DocumentedCommands(page: "Operations").script(marked: "sh package")
        try await system.check(["sh", "-euc", "cd /root\n" + commands], within: .seconds(300))
        try await eventually("all services are active", within: .seconds(60)) { try await areActive() }
        #expect(
            try await system.run(["sh", "-c", "ldd /usr/bin/millrace-* /usr/bin/millctl | grep swift"]).output == "")
        try await theMainJobRuns()
        try await theUnitsAreLittleExposed()

        try await anUpgradeUnderLoadCostsNobodyAnything()

        try await system.check(["apt-get", "remove", "-y", "millrace"], within: .seconds(180))
        #expect(try await system.run(["pgrep", "-u", "millrace"]).output == "")
        try await system.check(["test", "-s", "/var/lib/millrace/books.sqlite"])
        #expect(try await system.check(["ls", "/run/millrace"]) == "")

        try await system.check(["apt-get", "purge", "-y", "millrace"], within: .seconds(180))
        #expect(try await system.run(["ls", "-d", "/var/lib/millrace", "/run/millrace"]).output == "")
        // The books are the company's, and what the administrator wrote is not the package's to remove.
        let books = try await system.check(["sh", "-c", "ls /var/backups/millrace-books-*/books.sqlite"])
        let orders = ["sqlite3", "-readonly", String(books.dropLast()), "SELECT count(*) > 0 FROM task_order"]
        #expect(try await system.check(orders) == "1\n")
        #expect(try await system.check(["find", "/etc/millrace", "-type", "f"]) == "/etc/millrace/kinds.d/own.yaml\n")
    }

    private func put(_ file: String) async throws {
        try await system.fromOutside(["cp", file, system.root + "/root/millrace_all.deb"])
    }

    private func areActive() async throws -> Bool {
        for name in Self.services {
            guard try await system.property("ActiveState", of: "millrace-\(name).service") == "active" else {
                return false
            }
        }
        return true
    }

    private func theMainJobRuns() async throws {
        try await system.importMonth(SampleMonth("2026-10"))
        let submit = ["millctl", "job", "submit", "sync-task-order-logs", "--params", "{\"month\":\"2026-10\"}"]
        let job = try Tree(try await system.check(submit + ["--wait", "--json"], within: .seconds(180)))["job"]
        #expect(job["state"].string == "succeeded")
    }

    /// In tenths of systemd's scale from 0 to 10, for the units as they run.
    private func theUnitsAreLittleExposed() async throws {
        func judge(_ name: String, _ bound: Int) async throws {
            let unit = "millrace-\(name).service"
            let analyze = ["systemd-analyze", "security", "--no-pager", "--threshold=\(bound)", unit]
            let verdict = try await system.run(analyze)
            #expect(verdict.succeeded, "\(verdict)")
        }
        try await judge("runner", 25)
        try await judge("categorizer", 10)
        try await judge("scheduler", 10)
        try await judge("metrics", 10)
        let network = "/etc/systemd/system/millrace-preloader.service.d/25-network.conf"
        try await system.check(["sh", "-c", "mkdir -p ${0%/*} && ln -s /dev/null $0", network])
        try await system.check(["systemctl", "daemon-reload"])
        try await system.check(["systemctl", "restart", "millrace-preloader.service"])
        try await judge("preloader", 10)
        try await system.check(["rm", "-r", "/etc/systemd/system/millrace-preloader.service.d"])
    }

    private func anUpgradeUnderLoadCostsNobodyAnything() async throws {
        try await system.write("kinds: [{ name: tick, command: [/bin/true] }]\n", to: "/etc/millrace/kinds.d/own.yaml")
        try await system.check(["systemctl", "reload", "millrace-runner.service"])
        try await eventually("the kind is known") {
            try await system.check(["millctl", "kind", "list"]).contains("tick")
        }
        let before = try await pids()
        let isOver = Watched(false)
        let jobs = Watched<[Int]>([])
        let reading = ["job.list", "service.ping", "preload.stats", "category.list", "schedule.list"]
        try await withThrowingTaskGroup { group in
            group.addTask {
                while !isOver.value {
                    let answer = try await system.call("job.submit", "{\"kind\":\"tick\"}")
                    let id = try #require(answer["id"].int)
                    jobs.update { $0.append(id) }
                }
            }
            for method in reading {
                group.addTask { while !isOver.value { _ = try await system.call(method) } }
            }
            try await jobs.wait(for: "load") { $0.count >= 10 }
            try await put(package)
            try await system.check(["apt-get", "install", "-y", "/root/millrace_all.deb"], within: .seconds(300))
            let count = jobs.value.count
            try await jobs.wait(for: "load afterwards") { $0.count >= count + 10 }
            isOver.update { $0 = true }
            try await group.waitForAll()
        }
        let after = try await pids()
        for (name, pid) in before { #expect(after[name] != pid, "\(name) was not restarted") }
        for name in Self.services {
            #expect(try await system.property("NRestarts", of: "millrace-\(name).service") == "0")
        }
        #expect(Set(jobs.value).count == jobs.value.count)
        for id in jobs.value {
            let end = try await system.run(["millctl", "job", "wait", "\(id)"])
            #expect(end.succeeded, "\(end)")
        }
        let count = "SELECT count(*) FROM job WHERE kind = 'tick'"
        let made = try await system.check(["sqlite3", "-readonly", "/var/lib/millrace/runner.sqlite", count])
        #expect(made == "\(jobs.value.count)\n", "a job was made that nobody was told of")
    }

    private func pids() async throws -> [String: String] {
        var found: [String: String] = [:]
        for name in Self.services {
            found[name] = try await system.property("MainPID", of: "millrace-\(name).service")
        }
        return found
    }
}

/// What `make deb` left.
enum DebianPackage {
    static let built: String? = {
        let folder = packageRoot + "/.build/deb"
        let names = (try? Files.list(folder)) ?? []
        return names.filter { $0.hasSuffix(".deb") }.sorted().last.map { "\(folder)/\($0)" }
    }()

    /// The same package as another version, for the upgrade from it.
    static func copy(of package: String, as version: String) async throws -> String {
        let scratch = TemporaryDirectory()
        let (tree, file) = (scratch.file("tree"), packageRoot + "/.build/deb/earlier/millrace.deb")
        try await check(["mkdir", "-p", packageRoot + "/.build/deb/earlier"])
        try await check(["dpkg-deb", "-R", package, tree], within: .seconds(120))
        try await check(["sed", "-i", "s/^Version: .*/Version: \(version)/", tree + "/DEBIAN/control"])
        try await check(["dpkg-deb", "-b", "-Zgzip", "-z1", tree, file], within: .seconds(120))
        return file
    }
}
