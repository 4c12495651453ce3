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
    private let backlog = Monitor(false)
    private let writeBuffer = Locked<[UInt8]>([])

    private static let withoutWaiting = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

    init(_ session: RPCSession, over socket: Descriptor) {
        self.session = session
        self.socket = socket
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
        // The reader wakes and lets go; the descriptor is closed with the last reference to the transport.
        shutdown(socket.raw, Int32(SHUT_RDWR))
        backlog.withLock(notify: true) { $0 = false }
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
            session.refuse(error)
            goesOn = false
        }
        if claimed { outputIsClaimed() }
        // A peer who does not read is not read from.
        backlog.wait { $0 ? nil : () }
        return goesOn
    }

    // MARK: Writing

    func outputIsClaimed() {
        var chunk = writeBuffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
        while true {
            switch session.takeOutputKeepingClaim(into: &chunk) {
            case .some: break
            case .nothing:
                let spare = chunk
                return writeBuffer.withLock { $0 = spare }
            case .finished: return session.close()
            }
            var sent = 0
            while sent < chunk.count {
                let count = chunk.withUnsafeBytes { bytes in
                    send(
                        socket.raw, bytes.baseAddress! + sent, bytes.count - sent,
                        Self.withoutWaiting)
                }
                if count >= 0 {
                    sent += count
                } else if errno == EAGAIN {
                    return writeLater(Array(chunk[sent...]))
                } else if errno != EINTR {
                    return writeFailed(SystemError(errno: "send"))
                }
            }
            if chunk.capacity > 64 << 10 { chunk = [] } else { chunk.removeAll(keepingCapacity: true) }
        }
    }

    /// Leaves the rest to a thread that may wait for the peer; it keeps the claim until all is sent.
    private func writeLater(_ rest: [UInt8]) {
        session.setInTransit(rest.count)
        backlog.withLock { $0 = true }
        do throws(SystemError) {
            _ = try WorkerThread("millrace-rpc-out") { self.write(rest) }
        } catch {
            writeFailed(error)
        }
    }

    private func write(_ bytes: [UInt8]) {
        let patience = Int32(clamping: session.limits.slowReader.milliseconds)
        var sent = 0
        while sent < bytes.count {
            var poll = pollfd(fd: socket.raw, events: Int16(POLLOUT), revents: 0)
            let ready = Glibc.poll(&poll, 1, patience)
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else {
                return session.close(
                    .refused(
                        RPCError(
                            .resourceExhausted, "the peer has read nothing for \(session.limits.slowReader)",
                            reason: RPCError.Reason.outputLimit)))
            }
            let count = bytes.withUnsafeBytes { bytes in
                send(
                    socket.raw, bytes.baseAddress! + sent, bytes.count - sent,
                    Self.withoutWaiting)
            }
            if count >= 0 {
                sent += count
                session.setInTransit(bytes.count - sent)
            } else if errno != EAGAIN && errno != EINTR {
                return writeFailed(SystemError(errno: "send"))
            }
        }
        backlog.withLock(notify: true) { $0 = false }
        outputIsClaimed()
    }

    /// The reader, who learns of a hang-up by itself and still has to read what came before, ends the session.
    private func writeFailed(_ error: SystemError) {
        if error.number == EPIPE || error.number == ECONNRESET { return close() }
        session.close(.failed("\(error)"))
    }
}
