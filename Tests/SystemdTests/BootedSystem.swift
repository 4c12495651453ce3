import Glibc
import TestSupport
import Testing

/// A booted systemd with a journal in a container over the host's root: what the tests change stays in memory.
///
/// Memory and processor limits of units have no effect in it; sockets, readiness, watchdog, users and journal have.
final class BootedSystem: Sendable {
    /// Why no system can be booted here; nil where one can.
    static let hindrance: String? = {
        if geteuid() != 0 { return "needs root" }
        for tool in ["systemd-nspawn", "nsenter", "setpriv", "unshare", "findmnt"] where executable(tool) == nil {
            return "\(tool) is not installed"
        }
        // Bit 21 is CAP_SYS_ADMIN: root in an ordinary container has it not, and can mount nothing.
        let effective = text(of: "/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let bits = effective.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
        return bits & (1 << 21) == 0 ? "may not mount" : nil
    }()

    /// The system of the suite that runs now.
    @TaskLocal static var current: BootedSystem?

    /// The container's root, as seen in the mount namespace of ``nspawn``.
    let root: String
    /// `unshare`; its child is nspawn, whose child is the system's first process.
    private let holder: RunningProcess
    private let nspawn: pid_t
    private let leader: pid_t
    private let folder = TemporaryDirectory("millrace-systemd")

    /// Boots and returns when the system says it is up.
    init() async throws {
        root = folder.file("root")
        let readiness = try NotifyListener(folder.file("notify"))
        // However this process ends, the container ends with it: the kernel kills `unshare`, with that the first process
        // of a process namespace of its own, and with that all in it.
        holder = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
                + ["--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
                + [packageRoot + "/Scripts/boot-systemd", folder.path],
            environment: ["NOTIFY_SOCKET": readiness.path])
        let holder = holder
        let heard = readiness.messages
        let ended = Task {
            let ending = try await holder.wait(within: .seconds(3600))
            heard.update { $0.append("ended: \(ending)") }
        }
        defer { ended.cancel() }
        let messages = try await heard.wait(within: .seconds(60), for: "a booted system") {
            $0.contains { $0.contains("READY=1") || $0.hasPrefix("ended") }
        }
        guard messages.contains(where: { $0.contains("READY=1") }), let nspawn = Self.child(of: holder.pid),
            let leader = Self.child(of: nspawn)
        else {
            let said = holder.progress.value
            throw TestFailure("the system did not boot: \(messages) \(said.outputText)\(said.errorText)")
        }
        self.nspawn = nspawn
        self.leader = leader
    }

    /// The only child of a process.
    private static func child(of parent: pid_t) -> pid_t? {
        let children = text(of: "/proc/\(parent)/task/\(parent)/children")?.split(separator: " ")
        return children?.first.flatMap { pid_t($0) }
    }

    /// Runs a command in the system, as root or as another user, and returns what it said.
    @discardableResult
    func run(
        _ command: [String], as user: String? = nil, groups: [String]? = nil, input: String? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> Finished {
        try await TestSupport.run(
            enter + identity(user, groups) + command, environment: Self.environment, input: input, within: limit)
    }

    /// Runs a command in the system that has to succeed, and returns its standard output.
    @discardableResult
    func check(
        _ command: [String], as user: String? = nil, groups: [String]? = nil, input: String? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> String {
        let finished = try await run(command, as: user, groups: groups, input: input, within: limit)
        guard finished.succeeded else { throw TestFailure("\(finished)") }
        return finished.output
    }

    /// Starts a command in the system.
    func start(_ command: [String]) throws -> RunningProcess {
        try RunningProcess(enter + command, environment: Self.environment)
    }

    /// Runs a command of the host that sees the system's root at ``root``. It is in the process namespace that its /proc is of:
    /// from there a program reads its own arguments.
    @discardableResult
    func fromOutside(_ command: [String], within limit: Duration = .seconds(60)) async throws -> String {
        try await TestSupport.check(["nsenter", "-t", "\(nspawn)", "-m", "-p"] + command, within: limit)
    }

    /// Writes a file in the system.
    func write(_ text: String, to path: String) async throws {
        try await check(["sh", "-c", "cat >\"$1\"", "sh", path], input: text)
    }

    /// Where this process finds a path of the system.
    func outside(_ path: String) -> String { "/proc/\(leader)/root\(path)" }

    /// One property of a unit, as `systemctl show` gives it.
    func property(_ name: String, of unit: String) async throws -> String {
        let output = try await check(["systemctl", "show", "--property", name, "--value", unit])
        return String(output.dropLast())
    }

    /// The lines of a process's /proc/PID/status by their names.
    func status(of pid: String) async throws -> [String: String] {
        let text = try await check(["cat", "/proc/\(pid)/status"])
        let fields = text.split(separator: "\n").compactMap { line -> (String, String)? in
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            return (String(sides[0]), String(sides[1].drop { $0 == "\t" || $0 == " " }))
        }
        return Dictionary(fields, uniquingKeysWith: { first, _ in first })
    }

    /// What the journal holds for these matches, one text per entry.
    func journal(_ matches: String...) async throws -> [String] {
        try await check(["journalctl", "--sync"])
        let output = try await check(["journalctl", "--no-pager", "-o", "cat"] + matches)
        return output.split(separator: "\n").map(String.init)
    }

    /// Powers off; kills what does not go.
    func stop() async {
        holder.progress.update { if $0.ending == nil { kill(leader, SIGRTMIN + 4) } }
        _ = try? await holder.wait(within: .seconds(20))
        // Nobody else removes the emptied control groups; nspawn makes them in more than one hierarchy.
        let groups = ["find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", "*/\(Self.group(folder))*"]
        _ = try? await TestSupport.run(groups + ["-exec", "rmdir", "{}", ";"])
    }

    /// The name of the control group, as the script makes it.
    private static func group(_ folder: TemporaryDirectory) -> Substring {
        folder.path[folder.path.index(after: folder.path.lastIndex(of: "/")!)...]
    }

    private var enter: [String] {
        ["nsenter", "-t", "\(leader)", "-m", "-u", "-i", "-n", "-p", "-C"]
    }

    private func identity(_ user: String?, _ groups: [String]?) -> [String] {
        guard let user else { return [] }
        let groups = groups ?? []
        let more = groups.isEmpty ? ["--clear-groups"] : ["--groups", groups.joined(separator: ",")]
        return ["setpriv", "--reuid", user, "--regid", "nogroup"] + more
    }

    private static let environment: [String: String?] = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "MILLRACE_STATE": nil,
        "NOTIFY_SOCKET": nil, "HOME": "/", "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "cat", "SYSTEMD_COLORS": "0",
    ]

    private static func executable(_ name: String) -> String? {
        (TestSupport.environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}

private let SIGRTMIN: Int32 = 34

/// Boots one system for all tests of a suite and powers it off at the end, whatever happens in between.
struct BootedSystemTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let system = try await BootedSystem()
        do {
            try await BootedSystem.$current.withValue(system) { try await function() }
        } catch {
            await system.stop()
            throw error
        }
        await system.stop()
    }
}

extension Trait where Self == BootedSystemTrait {
    /// A booted system for the suite, in ``BootedSystem/current``.
    static var bootedSystem: Self { Self() }
}
