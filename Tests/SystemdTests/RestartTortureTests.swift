import TestSupport
import Testing

/// A restart nobody notices: each service is restarted again and again while eight callers of the client library never stop.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: Subject.areBuilt, "the executables are not built"), .bootedSystem, .installed)
struct RestartTortureTests {
    /// `MILLRACE_RESTART_ROUNDS`; the project's own bar is 100.
    private static let restarts =
        environment("MILLRACE_RESTART_ROUNDS").flatMap(Int.init) ?? Torture.some(100, look: 4)

    private let system: BootedSystem

    init() async throws {
        system = try #require(BootedSystem.current)
        for subject in Subject.all {
            try await system.startOnly("millrace-\(subject.name).socket", of: "millrace-\(subject.name).service")
        }
        try await system.write(Subject.kinds, to: "/etc/millrace/kinds.d/kept.yaml")
        try await system.check(["systemctl", "start", "millrace.target"])
    }

    @Test func aHundredRestartsOfEachServiceCostNoCallerAnError() async throws {
        var section = TortureSection(
            "restarts", "A restart nobody notices", ["service", "restarts#"] + SubjectLoad.columns)
        for subject in Subject.all {
            let load = try await SubjectLoad(subject, in: system)
            try await system.restartUnderLoad("millrace-\(subject.name).service", times: Self.restarts) { caller in
                await load.call(by: caller)
            }
            if subject.keepsSomething { #expect(load.acknowledged >= 10 * Self.restarts, "\(subject.name)") }
            let seen = try await load.expectNothingAmiss()
            section.row([subject.name, "\(Self.restarts)"] + seen)
        }
        section.remark(
            """
            In a booted systemd, by `systemctl restart`, one after the other; the other services run meanwhile. *Longest* is the \
            longest that any such call took, from its beginning to its answer. Jobs are submitted with an idempotency key; the other changes have none, so they must not be \
            cut off. All jobs have succeeded in the end, once each.
            """)
        try section.write()
    }
}
