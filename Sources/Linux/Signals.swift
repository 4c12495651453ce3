import CLinux
import Glibc

/// Signals as events: blocked everywhere, read by one thread. No handler runs in a signal's context.
public enum Signals {
    /// Blocks signals in the calling thread and in all threads it starts later: call it first in the program.
    public static func block(_ numbers: some Sequence<Int32>) {
        var signals = set(numbers)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// A write to a closed socket or pipe is EPIPE from now on, not the end of the process.
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// The signals as they come, until the consumer stops. They must be blocked in every thread of the process.
    public static func stream(of numbers: some Sequence<Int32>) throws(SystemError) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(64))
        let thread = try SignalThread(numbers) { continuation.yield($0) }
        continuation.onTermination = { _ in thread.stop() }
        return stream
    }

    /// "SIGTERM"; "SIG35" for those without a name.
    public static func name(of number: Int32) -> String {
        millrace_signal_name(number).map { "SIG" + String(cString: $0) } ?? "SIG\(number)"
    }

    static func set(_ numbers: some Sequence<Int32>) -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        return signals
    }
}

/// A thread that hands over each of its signals, in the order the kernel gives them.
public final class SignalThread: Sendable {
    private let stopper: Pipe
    private let thread: WorkerThread

    /// Only blocked signals arrive: call ``Signals/block(_:)`` before any thread is started.
    /// `handler` runs on this thread and may do what any code may.
    public init(
        _ numbers: some Sequence<Int32>, handler: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) {
        let signals = Array(numbers)
        var mask = Signals.set(signals)
        let source = Descriptor(try retrying("signalfd") { millrace_signalfd(&mask) })
        let stopper = try Pipe()
        self.stopper = stopper
        let stopped = stopper.reader
        thread = try WorkerThread("signals") {
            Signals.block(signals)
            Self.run(source, stopped, handler)
        }
    }

    deinit { stop() }

    /// No signal is handed over that comes after this; a handler that runs now may still finish.
    public func stop() {
        stopper.writer.close()
    }

    private static func run(_ source: Descriptor, _ stopped: Descriptor, _ handler: (Int32) -> Void) {
        while true {
            var waiting = [
                pollfd(fd: stopped.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: source.raw, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&waiting, 2, -1) < 0 {
                guard errno == EINTR else { return }
                continue
            }
            if waiting[0].revents != 0 { return }
            if waiting[1].revents != 0 {
                let number = millrace_read_signal(source.raw)
                if number > 0 { handler(number) }
            }
        }
    }
}
