import TestSupport
import Testing

extension BootedSystem {
    /// Under a watchdog of two seconds a unit that works beats it and goes on; one that is frozen is replaced.
    ///
    /// - Parameter work: what the unit does, and is started by, before it is looked at.
    func beatsItsWatchdogAndIsReplacedWhenFrozen(_ service: String, _ work: () async throws -> Void) async throws {
        try await override("WatchdogSec=2\nTimeoutAbortSec=1\nRestartSec=0", of: service)
        try await work()
        let first = try await property("MainPID", of: service)
        let before = try await property("WatchdogTimestampMonotonic", of: service)
        try await eventually("a beat", within: .seconds(30), every: .milliseconds(50)) {
            try await property("WatchdogTimestampMonotonic", of: service) != before
        }
        #expect(try await property("MainPID", of: service) == first)
        try await check(["systemctl", "kill", "--signal=STOP", "--kill-who=main", service])
        try await eventually("another \(service)", within: .seconds(30), every: .milliseconds(100)) {
            guard try await property("NRestarts", of: service) != "0" else { return false }
            return try await property("ActiveState", of: service) == "active"
        }
        #expect(try await property("MainPID", of: service) != first)
    }
}
