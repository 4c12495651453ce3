import TestSupport
import Testing

/// Installs Millrace in the booted system of the suite, as an administrator does.
struct InstalledTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let system = try #require(BootedSystem.current)
        try await system.install()
        try await function()
    }
}

extension Trait where Self == InstalledTrait {
    /// Millrace as built, in ``BootedSystem/current``; after `.bootedSystem`.
    static var installed: Self { Self() }
}

extension BootedSystem {
    static let service = "millrace-runner.service"
    static let socket = "millrace-runner.socket"

    func install() async throws {
        // Every program is asked for its pages.
        try await fromOutside(
            [
                "make", "--no-print-directory", "-C", packageRoot, "install", "DESTDIR=" + root, "PREFIX=/usr",
                "BINARIES=" + Binary.folder,
            ], within: .seconds(300))
        try await copyHiddenLibraries()
        try await check(["systemd-sysusers"])
        try await check(["systemd-tmpfiles", "--create", "--prefix=/run/millrace", "--prefix=/var/lib/millrace"])
        try await check(["systemd-tmpfiles", "--create", "--prefix=/etc/millrace"])
        try await check(["systemctl", "daemon-reload"])
    }

    /// A toolchain in somebody's home is out of sight for a hardened service.
    private func copyHiddenLibraries() async throws {
        for line in try await TestSupport.check(["ldd", Binary.path("millrace-runner")]).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2].hasPrefix("/home/") || words[2].hasPrefix("/root/") else { continue }
            try await fromOutside(["cp", String(words[2]), root + "/usr/lib/"])
        }
        try await check(["ldconfig"])
    }

    /// As after an installation: nothing runs, only the socket listens; the state is empty.
    func startOnlySocket() async throws { try await startOnly(Self.socket, of: Self.service) }

    /// The same with the socket of another service.
    func startOnly(_ socket: String, of service: String) async throws {
        try await check(["systemctl", "stop", "millrace.target", service, socket])
        try await check(["systemctl", "reset-failed"])
        let leftovers = "/var/lib/millrace/* /etc/millrace/*.conf /etc/millrace/kinds.d/*"
        try await check([
            "sh", "-c", "rm -rf /run/systemd/system/millrace-* /etc/systemd/system/millrace-* \(leftovers)",
        ])
        try await check(["systemctl", "daemon-reload"])
        try await check(["systemctl", "start", socket])
    }

    /// Calls a method by `millctl` and returns its result.
    func call(_ method: String, _ params: String = "{}") async throws -> Tree {
        try Tree(try await check(["millctl", "call", method, params]))
    }

    /// Imports a month as root.
    func importMonth(_ month: SampleMonth) async throws {
        try await write(month.csv, to: "/run/timesheets.csv")
        try await check(["millctl", "books", "import", "timesheets", "/run/timesheets.csv"])
    }

    /// A setting of the unit for this test alone.
    func override(_ settings: String, of service: String = BootedSystem.service) async throws {
        let folder = "/run/systemd/system/\(service).d"
        try await check(["mkdir", "-p", folder])
        try await write("[Service]\n\(settings)\n", to: folder + "/90-test.conf")
        try await check(["systemctl", "daemon-reload"])
    }

    /// Submits the main job and waits until a part of its items is done.
    func submitAndSeeUnderWay(_ month: String) async throws -> Int {
        let params = "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"\(month)\"}}"
        let id = try #require(try await call("job.submit", params)["id"].int)
        try await eventually("job \(id) is under way", within: .seconds(30)) {
            guard let done = try await call("job.show", "{\"id\":\(id)}")["job"]["items"]["succeeded"].int else {
                return false
            }
            return done >= 20
        }
        return id
    }

    /// Waits for the end of a job, over restarts of the runner.
    func finished(_ id: Int) async throws -> Tree {
        let watch = try await run(["millctl", "job", "watch", "\(id)"], within: .seconds(180))
        guard watch.succeeded else { throw TestFailure("\(watch)") }
        return try await call("job.show", "{\"id\":\(id)}")["job"]
    }
}
