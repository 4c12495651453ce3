import Glibc
import Linux

/// What happens at Ctrl-C, SIGTERM and the end of the terminal in a command that waits: what was set last, else the process ends.
enum Interrupts {
    static let signals = [SIGINT, SIGTERM, SIGHUP]

    private static let action = Locked<(@Sendable () -> Void)?>(nil)
    private static let thread = Locked<SignalThread?>(nil)

    /// Before the first thread of the process starts.
    static func listen() throws(SystemError) {
        Signals.block(signals)
        let listener = try SignalThread(signals) { _ in
            action.withLock { $0 }?()
            // Not exit: other threads are in the middle of something.
            _exit(Exit.interrupted.rawValue)
        }
        thread.withLock { $0 = listener }
    }

    /// Sets what is said before the process ends; nil says nothing.
    static func say(_ body: (@Sendable () -> Void)?) {
        action.withLock { $0 = body }
    }
}
