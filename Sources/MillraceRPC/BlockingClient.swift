import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// Plain blocking calls over one connection, one at a time: for command line tools, benchmarks and tests. Not for the
/// cooperative pool, whose threads must not block.
public final class BlockingClient {
    private let socket: Descriptor
    private let limits: RPCLimits
    private var decoder: FrameDecoder
    private var writer = JSONWriter(reserving: 512)
    private var frame: [UInt8] = []
    private let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
    private var nextID: Int64 = 1
    private var timeout: Duration?

    /// - Throws: `RPCError` with `UNAVAILABLE`, reason `connection.refused`.
    public convenience init(socket path: String, limits: RPCLimits = RPCLimits()) throws(RPCError) {
        let socket: Descriptor
        do throws(SystemError) {
            socket = try UnixSocket.connect(path: path)
        } catch {
            throw RPCError(.unavailable, "no connection: \(error)", reason: RPCError.Reason.connectionRefused)
        }
        self.init(over: socket, limits: limits)
    }

    /// - Parameter socket: a connected, blocking one.
    public init(over socket: Descriptor, limits: RPCLimits = RPCLimits()) {
        self.socket = socket
        self.limits = limits
        decoder = FrameDecoder(maximumLength: limits.maximumFrame)
    }

    deinit { input.deallocate() }

    /// - Throws: `RPCError`: the service's own, or `UNAVAILABLE` (`connection.lost`), `DEADLINE_EXCEEDED`. After a lost
    ///   connection or a passed deadline the client is of no use any more.
    public func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, options: CallOptions = CallOptions(),
        progress: ((JSONRaw) -> Void)? = nil
    ) throws(RPCError) -> M.Result {
        try call(M.name, options: options, progress: progress) {
            $0.value(params)
        } result: { span throws(JSONError) in
            try JSON.decode(M.Result.self, span: span)
        }
    }

    public func callRaw(
        _ method: String, _ params: JSONRaw = .emptyObject, options: CallOptions = CallOptions(),
        progress: ((JSONRaw) -> Void)? = nil
    ) throws(RPCError) -> JSONRaw {
        try call(method, options: options, progress: progress) {
            $0.raw(params)
        } result: { span throws(JSONError) in
            JSONRaw(unchecked: span.withUnsafeBufferPointer { Array($0) })
        }
    }

    public func close() {
        socket.close()
    }

    private func call<R>(
        _ method: String, options: CallOptions, progress: ((JSONRaw) -> Void)?,
        params: (inout JSONWriter) -> Void, result: (Span<UInt8>) throws(JSONError) -> R
    ) throws(RPCError) -> R {
        let id = nextID
        nextID += 1
        try setTimeout(options.timeout)
        writer.removeAll(keepingCapacity: true)
        Envelope.encodeRequest(
            id: .number(id), method: method, meta: options.meta, into: &writer, params: params)
        frame.removeAll(keepingCapacity: true)
        Frame.append(writer.bytes, to: &frame)
        try write()
        var outcome: Result<R, RPCError>?
        while outcome == nil {
            let count = try read()
            do throws(FrameError) {
                try decoder.consume(UnsafeBufferPointer(rebasing: input[..<count]).span) { frame in
                    if let answer = take(frame, id, method, progress, result) { outcome = answer }
                    return true
                }
            } catch {
                throw error.rpcError
            }
        }
        return try outcome!.get()
    }

    /// The answer to request `id`, if the frame is that.
    private func take<R>(
        _ frame: Span<UInt8>, _ id: Int64, _ method: String, _ progress: ((JSONRaw) -> Void)?,
        _ result: (Span<UInt8>) throws(JSONError) -> R
    ) -> Result<R, RPCError>? {
        switch Envelope.parse(frame, limits: limits.envelope) {
        case .single(.response(let response)) where response.id == .number(id) || response.id == .null:
            switch response.outcome {
            case .failure(let error): return .failure(error)
            case .success(let range):
                do throws(JSONError) {
                    return .success(try result(frame.extracting(range)))
                } catch {
                    let message = "the answer to \(method) cannot be read: \(error)"
                    return .failure(
                        RPCError(.internal, message, reason: RPCError.Reason.answerInvalid, field: error.path))
                }
            }
        case .single(.notification(let notification)) where notification.method == "$/progress":
            guard let progress, let params = notification.params,
                let read = try? JSON.decode(RPCSession.Progress.self, span: frame.extracting(params)),
                read.token == .number(id)
            else { return nil }
            progress(read.value)
            return nil
        case .invalid(let invalid) where invalid.kind != .request:
            return .failure(.unreadableAnswer(invalid.error))
        default: return nil
        }
    }

    private func write() throws(RPCError) {
        var sent = 0
        while sent < frame.count {
            let count = frame.withUnsafeBytes { bytes in
                send(socket.raw, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            // What the service said before it hung up is still to be read.
            if count < 0 && errno == EPIPE { return }
            if count < 0 && errno != EINTR { throw lost(SystemError(errno: "send")) }
            sent += max(0, count)
        }
    }

    private func read() throws(RPCError) -> Int {
        while true {
            let count = recv(socket.raw, input.baseAddress, input.count, 0)
            if count > 0 { return count }
            if count == 0 {
                throw RPCError(
                    .unavailable, "the connection was lost: the peer hung up", reason: RPCError.Reason.connectionLost)
            }
            if errno != EINTR { throw lost(SystemError(errno: "recv")) }
        }
    }

    private func lost(_ error: SystemError) -> RPCError {
        if error.number == EAGAIN { return RPCSession.pastDeadline }
        return RPCError(.unavailable, "the connection was lost: \(error)", reason: RPCError.Reason.connectionLost)
    }

    /// A little longer than the service, which answers that the deadline has passed.
    private func setTimeout(_ timeout: Duration?) throws(RPCError) {
        if timeout == self.timeout { return }
        self.timeout = timeout
        let microseconds = timeout.map { ($0 + RPCSession.grace).microseconds } ?? 0
        var value = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            if setsockopt(socket.raw, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<timeval>.size)) < 0 {
                throw lost(SystemError(errno: "setsockopt"))
            }
        }
    }
}
