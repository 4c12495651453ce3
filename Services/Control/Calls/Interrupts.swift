import Glibc
import Linux

/// What happens at Ctrl-C, SIGTERM and the end of the terminal in a command that waits: what was set last, else the
/// process ends.
enum Interrupts {
    /// Under nohup(1) the end of the terminal is nothing to us, and so is Ctrl-C in the background of a shell.
    static let signals = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }

    private static func isIgnored(_ number: Int32) -> Bool {
        var current = sigaction()
        guard sigaction(number, nil, &current) == 0 else { return false }
        return unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

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
