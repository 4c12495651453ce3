import TestSupport
import Testing

@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .bootedSystem)
struct BootTests {
    let system: BootedSystem

    init() throws { system = try #require(BootedSystem.current) }

    @Test func theBootedSystemHasNoFailedUnit() async throws {
        let failed = try await system.check(["systemctl", "--failed", "--no-legend", "--plain"])
        #expect(failed == "")
    }

    @Test func aServiceOfTypeNotifyIsActiveOnceItSaysSoAndItsWordsAreInTheJournal() async throws {
        let unit = """
            [Service]
            Type=notify
            NotifyAccess=all
            ExecStart=/bin/sh -c 'systemd-notify --ready --status="on the wheel"; echo grinding; exec sleep infinity'
            """
        try await system.write(unit, to: "/run/systemd/system/proof.service")
        try await system.check(["systemctl", "daemon-reload"])
        try await system.check(["systemctl", "start", "proof.service"])

        #expect(try await system.property("ActiveState", of: "proof.service") == "active")
        #expect(try await system.property("StatusText", of: "proof.service") == "on the wheel")
        #expect(try await system.journal("-u", "proof.service").contains("grinding"))
        try await system.check(["systemctl", "stop", "proof.service"])
    }
}
