import CLinux
import Glibc

/// Signals as events: what is done about one is done by a thread, never in the signal's own context.
public enum Signals {
    /// Holds signals back in the calling thread and in all threads it starts later, until a ``SignalThread`` takes
    /// them. Only needed for those that may come before there is one.
    public static func block(_ numbers: some Sequence<Int32>) {
        setMask(numbers, SIG_BLOCK)
    }

    /// A write to a closed socket or pipe is EPIPE from now on, not the end of the process.
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// The signals as they come, until the consumer stops; then they have their default actions again.
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

    static func unblock(_ numbers: some Sequence<Int32>) {
        setMask(numbers, SIG_UNBLOCK)
    }

    private static func setMask(_ numbers: some Sequence<Int32>, _ how: Int32) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        pthread_sigmask(how, &signals, nil)
    }
}

/// A thread that hands over each of its signals.
///
/// It does not matter which thread of the process a signal meets. Several of the same kind in quick succession may come
/// as fewer, as everywhere in Unix; of two threads for the same signal the later one gets it.
public final class SignalThread: Sendable {
    private let pipe: Pipe
    private let numbers: [Int32]
    private let thread: WorkerThread

    /// `handler` runs on this thread and may do what any code may.
    public init(
        _ numbers: some Sequence<Int32>, handler: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) {
        let numbers = Array(numbers)
        let pipe = try Pipe()
        try pipe.writer.setNonBlocking(true)
        self.numbers = numbers
        self.pipe = pipe
        let reader = pipe.reader
        thread = try WorkerThread("signals") {
            // Held back in every other thread, they would never come.
            Signals.unblock(numbers)
            Self.run(reader, handler)
        }
        for number in numbers {
            try retrying("sigaction \(Signals.name(of: number))") { millrace_catch_signal(number, pipe.writer.raw) }
        }
    }

    deinit { stop() }

    /// Gives the signals their default actions again. A handler that runs now may still finish.
    public func stop() {
        guard pipe.writer.isOpen else { return }
        for number in numbers { millrace_release_signal(number, pipe.writer.raw) }
        pipe.writer.close()
    }

    private static func run(_ reader: Descriptor, _ handler: (Int32) -> Void) {
        var byte: UInt8 = 0
        while true {
            let count = withUnsafeMutableBytes(of: &byte) { try? reader.read(into: $0) }
            guard count == 1 else { return }
            handler(Int32(byte))
        }
    }
}
