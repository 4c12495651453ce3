import Glibc
import Linux

/// Accepts connections on a thread of its own until it is stopped. The listening socket itself is never shut down: it
/// may be systemd's, where callers wait for the next start of the service.
final class Listener: Sendable {
    private let wakeUp: Pipe
    private let thread: WorkerThread

    /// - Parameter accept: called on the listener's thread with each connection; with an error when it accepts no more.
    init(
        _ socket: Descriptor, accept: @escaping @Sendable (Result<Descriptor, SystemError>) -> Void
    ) throws(SystemError) {
        let wakeUp = try Pipe()
        self.wakeUp = wakeUp
        try socket.setNonBlocking(true)
        thread = try WorkerThread("millrace-accept") { Self.run(socket, wakeUp.reader, accept) }
    }

    /// Ends the accepting; returns when it has ended.
    func stop() {
        wakeUp.writer.close()
        thread.join()
    }

    private static func run(
        _ socket: Descriptor, _ wakeUp: Descriptor, _ accept: @Sendable (Result<Descriptor, SystemError>) -> Void
    ) {
        defer { socket.close() }
        var pause = false
        while true {
            var waiting = [
                pollfd(fd: wakeUp.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pause ? -1 : socket.raw, events: Int16(POLLIN), revents: 0),
            ]
            // Out of descriptors or memory: what is open may end meanwhile.
            let ready = poll(&waiting, 2, pause ? 100 : -1)
            pause = false
            if ready < 0 { continue }
            if waiting[0].revents != 0 { return }
            if waiting[1].revents == 0 { continue }
            do throws(SystemError) {
                accept(.success(try UnixSocket.accept(socket)))
            } catch {
                switch error.number {
                case EAGAIN, ECONNABORTED: break
                case EINVAL, EBADF, ENOTSOCK: return accept(.failure(error))
                default: pause = true
                }
            }
        }
    }
}
