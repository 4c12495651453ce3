import Glibc
import Linux
import MillraceProtocol

/// Carries a session over a socket with a thread of its own that reads; whoever has something to say writes it, for all
/// who come meanwhile.
///
/// Nobody who says something ever blocks: what the socket does not take goes to a thread that exists while the peer
/// does not read.
final class ThreadTransport: SessionTransport {
    let session: RPCSession
    private let socket: Descriptor
    private let writer: SocketWriter
    /// How often the peer has read something, or it became clear that he does not any more.
    private let readings = Monitor(0)

    init(_ session: RPCSession, over socket: Descriptor) {
        self.session = session
        self.socket = socket
        writer = SocketWriter(session: session)
    }

    /// Begins to read. The transport lives until the connection ends.
    func start() throws(SystemError) {
        session.attach(self)
        _ = try WorkerThread("millrace-rpc") { self.read() }
    }

    func wake(at instant: Duration) {
        Alarms.shared.wake(self, after: max(.zero, instant - session.time.boot()))
    }

    func close() {
        Alarms.shared.forget(self)
        SocketWriter.hangUp(socket.raw)
        readings.withLock(notify: true) { $0 &+= 1 }
    }

    // MARK: Reading

    private func read() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var decoder = FrameDecoder(maximumLength: session.limits.maximumFrame)
        while true {
            let count = recv(socket.raw, buffer.baseAddress, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let failure = SystemError(errno: "recv")
                return session.close(count == 0 || failure.number == ECONNRESET ? .hungUp : .failed("\(failure)"))
            }
            guard take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &decoder) else { return }
        }
    }

    /// Answers made meanwhile go out together at the end.
    private func take(_ bytes: UnsafeRawBufferPointer, _ decoder: inout FrameDecoder) -> Bool {
        let claimed = session.claimOutput()
        var goesOn = true
        do throws(FrameError) {
            try decoder.consume(bytes.bindMemory(to: UInt8.self).span) { frame in
                session.receive(frame)
                return true
            }
        } catch {
            session.refuse(error.rpcError)
            goesOn = false
        }
        if claimed { outputIsClaimed() }
        // Whoever leaves all his answers unread is not read from. Before that we read on, or two who are behind with answers to each
        // other would stay so.
        readings.wait { _ in session.hasUnreadAnswers(beyond: session.limits.outputBytesPerConnection) ? nil : () }
        return goesOn
    }

    // MARK: Writing

    func outputIsClaimed() {
        switch writer.send(to: socket.raw) {
        case .done: break
        case .finished: session.close()
        case .full(let rest): sendSlowly(rest)
        // The reader learns of a hang-up by itself.
        case .failed(let error) where error.number == EPIPE || error.number == ECONNRESET: session.mute()
        case .failed(let error): session.close(.failed("\(error)"))
        }
    }

    /// Leaves the rest to a thread that may wait for the peer; it keeps the claim until all is sent, so output gathers
    /// meanwhile.
    private func sendSlowly(_ rest: [UInt8]) {
        session.setInTransit(rest.count)
        do throws(SystemError) {
            _ = try WorkerThread("millrace-rpc-out") { self.send(rest) }
        } catch {
            session.close(.failed("\(error)"))
        }
    }

    private func send(_ bytes: [UInt8]) {
        let patience = Int32(clamping: session.limits.slowReader.milliseconds)
        var sent = 0
        while sent < bytes.count {
            var poll = pollfd(fd: socket.raw, events: Int16(POLLOUT), revents: 0)
            let ready = Glibc.poll(&poll, 1, patience)
            if ready == 0 { return session.losePatience() }
            do throws(SystemError) {
                sent += try SocketWriter.send(bytes, from: sent, to: socket.raw)
            } catch {
                if error.number == EAGAIN { continue }
                session.mute()
                return readings.withLock(notify: true) { $0 &+= 1 }
            }
            session.setInTransit(bytes.count - sent)
            readings.withLock(notify: true) { $0 &+= 1 }
        }
        outputIsClaimed()
    }
}
