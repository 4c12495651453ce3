import Glibc
import Linux
import Logging

/// How long the host waits for what.
enum HostBounds {
    static let statusInterval = Duration.seconds(10)
    /// What a reload may take.
    static let reload = Duration.seconds(30)
    /// What the service manager is asked for at a time, by a start that takes long, and how often.
    static let startPatience = Duration.seconds(90)
    static let startRequests = 120
    /// After the drain's own bound: closing what is left.
    static let afterDrain = Duration.seconds(5)
}

/// The signals of the host.
enum Signal {
    static let hangUp = SIGHUP
    static let terminate = SIGTERM
    static let interrupt = SIGINT
}

/// Ends the process when its drain does not: on a thread of its own, because the pool itself may be what hangs.
final class HardEnd: Sendable {
    private let isCalledOff = Monitor(false)

    init(after limit: Duration, log: Logger) {
        let isCalledOff = isCalledOff
        _ = try? WorkerThread("hard-end") {
            let end: Void? = isCalledOff.wait(timeout: limit) { $0 ? () : nil }
            guard end == nil else { return }
            log.critical("not drained within \(TimeSpan.text(limit)), ending at once")
            ExitCode.temporaryFailure.exitWhenHeard()
        }
    }

    func callOff() {
        isCalledOff.withLock(notify: true) { $0 = true }
    }
}
