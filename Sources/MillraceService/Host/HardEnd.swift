import Linux
import Logging

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
