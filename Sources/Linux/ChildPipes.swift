import Glibc

/// What a child is given on its standard input; it need not take it, so the process has to pass over SIGPIPE
/// (``Signals/ignoreBrokenPipes()``). Only on the thread of the poller.
public final class ChildInput {
    private let descriptor: Descriptor
    private let poller: Poller
    private let ready: @Sendable () -> Void
    private let bytes: [UInt8]
    private var sent = 0
    private var watch: Poller.Watch?

    /// - Parameters:
    ///   - descriptor: our end of the pipe, which does not block.
    ///   - ready: called on the poller's thread when there is room again: ``advance()`` then.
    public init(
        _ descriptor: Descriptor, _ bytes: [UInt8], _ poller: Poller,
        ready: @escaping @Sendable () -> Void
    ) {
        self.descriptor = descriptor
        self.bytes = bytes
        self.poller = poller
        self.ready = ready
    }

    /// Writes as much as there is room for, and closes when nothing is left or nobody wants it.
    public func advance() {
        while sent < bytes.count, descriptor.isOpen {
            let count = bytes.withUnsafeBytes {
                write(descriptor.raw, $0.baseAddress! + sent, $0.count - sent)
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                return wait()
            } else if errno != EINTR {
                break
            }
        }
        close()
    }

    public func close() {
        if let watch { poller.cancel(watch) }
        watch = nil
        descriptor.close()
    }

    private func wait() {
        if watch != nil { return }
        let ready = ready
        do throws(SystemError) {
            watch = try poller.watch(descriptor.raw, .writable) { _ in ready() }
        } catch {
            close()
        }
    }
}

/// What a child writes to its standard output or error. Only on the thread of the poller.
public final class ChildOutput {
    /// Read at once, so that no child keeps the thread from the others.
    private static let chunk = 65_536

    private let descriptor: Descriptor
    private let poller: Poller
    private var watch: Poller.Watch?

    /// - Parameters:
    ///   - descriptor: our end of the pipe, which does not block.
    ///   - ready: called on the poller's thread when there is something: ``read(_:)`` then.
    public init(_ descriptor: Descriptor, _ poller: Poller, ready: @escaping @Sendable () -> Void)
        throws(SystemError)
    {
        self.descriptor = descriptor
        self.poller = poller
        watch = try poller.watch(descriptor.raw, .readable) { _ in ready() }
    }

    /// Reads what is there, up to a bound; at the end of the stream it closes. False when there was nothing.
    public func read(_ take: (UnsafeRawBufferPointer) -> Void) -> Bool {
        guard descriptor.isOpen else { return false }
        var isOver = false
        var isMore = false
        withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 16) { buffer in
            let count = Glibc.read(descriptor.raw, buffer.baseAddress, buffer.count)
            if count > 0 {
                isMore = true
                take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else {
                isOver = count == 0 || errno != EAGAIN && errno != EINTR
            }
        }
        if isOver { close() }
        return isMore
    }

    public func close() {
        if let watch { poller.cancel(watch) }
        watch = nil
        descriptor.close()
    }
}
