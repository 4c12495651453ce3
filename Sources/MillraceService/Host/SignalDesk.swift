import Glibc
import Linux
import Logging

/// Decides what a signal means: nothing yet, the end, or the end at once.
final class SignalDesk: Sendable {
    static let numbers = [Signal.terminate, Signal.interrupt, Signal.hangUp]

    private struct State {
        var isEnding = false
        var post: (@Sendable (HostEvent) -> Void)?
    }

    private let log: Logger
    private let state = Locked(State())
    /// Ends the process with a code.
    private let exit: @Sendable (Int32) -> Void

    init(log: Logger, exit: @escaping @Sendable (Int32) -> Void = { ExitCode(rawValue: $0).exitWhenHeard() }) {
        self.log = log
        self.exit = exit
    }

    /// From now on the service runs and takes part in its end.
    func attach(_ post: @escaping @Sendable (HostEvent) -> Void) {
        state.withLock { $0.post = post }
    }

    func take(_ number: Int32) {
        let name = Signals.name(of: number)
        let (post, wasEnding) = state.withLock { state in
            defer { if number != Signal.hangUp { state.isEnding = true } }
            return (state.post, state.isEnding)
        }
        if number == Signal.hangUp {
            // While starting, the settings have just been read; while ending they do not matter.
            if !wasEnding { post?(.signal(number)) }
        } else if wasEnding {
            log.warning("\(name) again, ending at once")
            exit(128 + number)
        } else if let post {
            post(.signal(number))
        } else {
            log.notice("\(name) while starting, ending")
            exit(0)
        }
    }
}
