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
        let earlier = try await DebianPackage.earlier(than: package)
        try await put(earlier.file)
        let commands = try DocumentedPage("Documentation/Operations").commands(marked: "package")
        try await system.check(["sh", "-euc", "cd /root\n" + commands], within: .seconds(300))
        let services = try await installed()
        #expect(services.contains("runner"))
        try await eventually("all services are active", within: .seconds(60)) { try await areActive(services) }
        #expect(
            try await system.run(["sh", "-c", "ldd /usr/bin/millrace-* /usr/bin/millctl | grep swift"]).output == "")
        try await theMainJobRuns()

        try await upgradesUnderLoadCostNobodyAnything(from: earlier.version)
        try await theUnitsAreLittleExposed()
        try await whatComesAlongIsThere()

        try await system.check(["apt-get", "remove", "-y", "millrace"], within: .seconds(180))
        #expect(try await system.run(["pgrep", "-u", "millrace"]).output == "")
        try await system.check(["test", "-s", "/var/lib/millrace/books.sqlite"])
        #expect(try await system.check(["ls", "/run/millrace"]) == "")

        try await purgedWithTheBooksPutAside()
        #expect(try await system.check(["find", "/etc/millrace", "-type", "f"]) == "/etc/millrace/kinds.d/own.yaml\n")
    }

    /// The books are the company's: not even a purge that fails half way loses what was written last.
    private func purgedWithTheBooksPutAside() async throws {
        let orders = "SELECT count(*) FROM task_order"
        let kept = try await system.check(["sqlite3", "-readonly", "/var/lib/millrace/books.sqlite", orders])
        #expect(kept != "0\n")
        let purge = ["apt-get", "purge", "-y", "millrace"]
        try await system.check(["mount", "-t", "tmpfs", "-o", "size=100k", "none", "/var/backups"])
        #expect(try await !system.run(purge, within: .seconds(180)).succeeded)
        #expect(try await system.check(["ls", "/var/backups"]) == "")
        try await system.check(["umount", "/var/backups"])
        try await system.check(purge, within: .seconds(180))
        #expect(try await system.run(["ls", "-d", "/var/lib/millrace", "/run/millrace"]).output == "")
        let books = try await system.check(["sh", "-c", "ls /var/backups/millrace-books-*/books.sqlite"])
        #expect(try await system.check(["sqlite3", "-readonly", String(books.dropLast()), orders]) == kept)
    }

    private func put(_ file: String) async throws {
        try await system.fromOutside(["cp", file, system.root + "/root/millrace_all.deb"])
    }

    /// The services there are: an earlier package may have fewer.
    private func installed() async throws -> [String] {
        var found: [String] = []
        for name in Self.services
        where try await system.run(["systemctl", "cat", "millrace-\(name).service"]).succeeded { found.append(name) }
        return found
    }

    private func areActive(_ services: [String]) async throws -> Bool {
        for name in services {
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

    private func whatComesAlongIsThere() async throws {
        for (section, page) in [
            ("7", "millrace"), ("1", "millctl"), ("8", "millrace-runner.service"), ("5", "millrace-runner.conf"),
        ] {
            #expect(try await system.check(["man", "-w", section, page]).hasPrefix("/usr/share/man/man\(section)/"))
        }
        let help = try await system.run(["systemctl", "help", "millrace-runner.service"])
        #expect(help.succeeded && help.output.contains("MILLRACE"), "\(help)")
        for shell in ["bash-completion/completions/millctl", "zsh/vendor-completions/_millctl"] {
            try await system.check(["test", "-s", "/usr/share/\(shell)"])
        }
        try await system.check([
            "bash", "-c", ". /usr/share/bash-completion/completions/millctl && complete -p millctl",
        ])
    }

    /// Upgrades from one package to the next, two callers for each service and a job of the month never pausing.
    private func upgradesUnderLoadCostNobodyAnything(from earlier: String) async throws {
        let upgrades = Torture.some(5, look: 1)
        var section = TortureSection(
            "upgrade", "The installed package upgraded", ["service", "upgrades#"] + SubjectLoad.columns)
        try await system.write(Subject.kinds, to: "/etc/millrace/kinds.d/own.yaml")
        // Every request to the books takes so long that the job does not end before the upgrade.
        try await system.override("Environment=MILLRACE_REHEARSAL_DELAY_MS=20")
        try await system.check(["systemctl", "restart", "millrace-runner.service"])
        try await system.importMonth(SampleMonth("2026-09", contractors: 400))
        var loads: [SubjectLoad] = []
        var versions = [earlier]
        for number in 1...upgrades {
            let version = try await DebianPackage.version(of: package) + (number == 1 ? "" : "+again\(number)")
            try await put(number == 1 ? package : try await DebianPackage.copy(of: package, as: version).file)
            let services = try await installed()
            for subject in Subject.all where services.contains(subject.name) {
                guard !loads.contains(where: { $0.subject.name == subject.name }) else { continue }
                loads.append(try await SubjectLoad(subject, in: system))
            }
            let before = try await pids()
            let job = try await system.submitAndSeeUnderWay("2026-09")
            try await under(loads) {
                try await system.check(
                    ["apt-get", "install", "-y", "/root/millrace_all.deb"], within: .seconds(300))
            }
            let installed = try await system.check(["dpkg-query", "-W", "-f", "${Version}", "millrace"])
            #expect(installed == version)
            for (name, pid) in try await pids() { #expect(before[name] != pid, "\(name) was not restarted") }
            // Also what this version adds.
            #expect(try await areActive(Self.services))
            for name in Self.services {
                #expect(try await system.property("NRestarts", of: "millrace-\(name).service") == "0")
            }
            let ended = try await system.finished(job)
            #expect(ended["state"].string == "succeeded" && ended["result"]["contractors_processed"].int == 400)
            let pauses = loads.map { $0.longestOfLate() }.joined(separator: "; ")
            print("upgrade \(versions.last ?? "") → \(version): \(pauses)")
            versions.append(version)
        }

        for load in loads {
            let seen = try await load.expectNothingAmiss()
            section.row([load.subject.name, "\(upgrades)"] + seen)
        }
        section.remark(
            """
            In a booted systemd without a toolchain, by `apt-get install ./millrace_*.deb`: \(versions.joined(separator: " → ")). \
            \(DebianPackage.origin) Two callers of the client library never stop at each service; a job of 400 contractors begins before \
            each upgrade and ends after it, every contractor done. *Longest* is the longest that any such call took. A service is changed \
            at most 40,000 times: when half of them are made, one caller makes them at a pace at which they last to the end, and \
            the other asks in between. All other jobs have succeeded in the end, once each. Then the package was removed (nothing runs, the data stay) and purged (the books are put aside).
            """)
        try section.write()
    }

    /// Does something while the callers call, and lets them have some answers afterwards.
    private func under(_ loads: [SubjectLoad], _ body: () async throws -> Void) async throws {
        let isOver = Watched(false)
        try await withThrowingTaskGroup { group in
            for load in loads {
                for caller in 0...1 {
                    group.addTask { while !isOver.value { await load.call(by: caller) } }
                }
            }
            defer { isOver.update { $0 = true } }
            try await haveMore(loads)
            try await body()
            try await haveMore(loads)
        }
    }

    private func haveMore(_ loads: [SubjectLoad]) async throws {
        // Where there are changes they have to go on too, not the questions between them alone.
        func counts() -> [Int] { loads.map { $0.subject.keepsSomething ? $0.acknowledged : $0.questions } }
        let before = counts()
        try await eventually("more answers of each service", within: .seconds(120)) {
            zip(counts(), before).allSatisfy { $0 >= $1 + 20 }
        }
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
        // Nothing is built yet where there is no folder.
        let names = (try? Files.list(folder)) ?? []
        return names.filter { $0.hasSuffix(".deb") }.sorted().last.map { "\(folder)/\($0)" }
    }()

    /// The package that an upgrade begins with: the file that `MILLRACE_EARLIER_PACKAGE` names, or the same as an older version.
    static func earlier(than package: String) async throws -> (file: String, version: String) {
        guard let file = environment("MILLRACE_EARLIER_PACKAGE") else {
            return try await copy(of: package, as: "0.0.1~earlier")
        }
        // Also an earlier build of the same version is upgraded from.
        return try await copy(of: file, as: try await version(of: file) + "~earlier")
    }

    /// What the versions of an upgrade are, in a sentence for the document.
    static var origin: String {
        let same = """
            the same build under another number: this shows how an upgrade goes, not that a program goes on with the data of another
            """
        guard environment("MILLRACE_EARLIER_PACKAGE") == nil else {
            return "The first is an earlier build; each other is \(same)."
        }
        return """
            Each is \(same); no release is there to begin with (`MILLRACE_EARLIER_PACKAGE` names the package of an earlier build). That \
            databases of every older schema are brought up with their rows is shown by `OlderDatabaseTests` and `UpgradeTests`.
            """
    }

    static func version(of package: String) async throws -> String {
        String(try await check(["dpkg-deb", "--field", package, "Version"]).dropLast())
    }

    /// The same package as another version, for an upgrade.
    static func copy(of package: String, as version: String) async throws -> (file: String, version: String) {
        let scratch = TemporaryDirectory()
        let (tree, file) = (scratch.file("tree"), packageRoot + "/.build/deb/other/millrace.deb")
        try await check(["mkdir", "-p", packageRoot + "/.build/deb/other"])
        try await check(["dpkg-deb", "-R", package, tree], within: .seconds(120))
        try await check(["sed", "-i", "s/^Version: .*/Version: \(version)/", tree + "/DEBIAN/control"])
        try await check(["dpkg-deb", "-b", "-Zgzip", "-z1", tree, file], within: .seconds(120))
        return (file, version)
    }
}
