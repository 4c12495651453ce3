import JSONCodec
import Linux
import MillraceProtocol

/// Requests to the peer.
extension RPCSession {
    /// Asks the peer and waits for the answer. Cancelling the task tells the peer to stop and returns at once.
    ///
    /// - Parameter progress: called for each `$/progress` of the call, on the connection's thread: it must not block.
    /// - Throws: `RPCError`: the peer's, or `UNAVAILABLE` (`connection.lost`), `DEADLINE_EXCEEDED`,
    ///   `RESOURCE_EXHAUSTED` (`limit.frame`, `limit.output`); `CancellationError` when the task is cancelled.
    public func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, options: CallOptions = CallOptions(),
        progress: (@Sendable (JSONRaw) -> Void)? = nil
    ) async throws -> M.Result {
        try await call(M.name, options: options, progress: progress) {
            $0.value(params)
        } result: { span throws(RPCError) in
            try Self.decode(M.Result.self, span, of: M.name)
        }
    }

    /// The same for a method known only by name; parameters and result are passed as they are.
    public func callRaw(
        _ method: String, _ params: JSONRaw, options: CallOptions = CallOptions(),
        progress: (@Sendable (JSONRaw) -> Void)? = nil
    ) async throws -> JSONRaw {
        try await call(method, options: options, progress: progress) {
            $0.raw(params)
        } result: { span in
            JSONRaw(unchecked: span.withUnsafeBufferPointer { Array($0) })
        }
    }

    /// Asks the peer without a task: `completion` is called once, on the connection's thread, so it must not block;
    /// when the request cannot even be sent, it is called before this returns.
    @discardableResult
    public func send<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, options: CallOptions = CallOptions(),
        progress: (@Sendable (JSONRaw) -> Void)? = nil,
        completion: @escaping @Sendable (Result<M.Result, RPCError>) -> Void
    ) -> CallHandle {
        send(M.name, options: options, progress: progress) {
            $0.value(params)
        } completion: { answer in
            completion(
                Self.outcome(answer) { span throws(RPCError) in try Self.decode(M.Result.self, span, of: M.name) })
        }
    }

    /// Tells the peer something that has no answer. False when it could not be sent.
    @discardableResult
    public func notify(_ method: String, _ params: some JSONEncodable) -> Bool {
        let sending = send { json in
            Envelope.encodeNotification(method: method, into: &json) { $0.value(params) }
        }
        if case .sent = sending { return true }
        return false
    }

    func cancelOutgoing(_ id: Int64) {
        guard let call = state.withLock({ $0.outgoing.removeValue(forKey: id) }) else { return }
        notify("$/cancelRequest", CancelRequest(id: .number(id)))
        call.completion(.error(Self.cancelled))
        closeIfFinished()
    }
}

extension RPCSession {
    private func call<R: Sendable>(
        _ method: String, options: CallOptions, progress: (@Sendable (JSONRaw) -> Void)?,
        params: (inout JSONWriter) -> Void, result: @escaping @Sendable (Span<UInt8>) throws(RPCError) -> R
    ) async throws -> R {
        try Task.checkCancellation()
        let id = reserveID()
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
                    send(id, method, options: options, progress: progress, params: params) { answer in
                        continuation.resume(with: Self.outcome(answer, result).mapError { $0 })
                    }
                    // The cancellation may have come before there was anything to cancel.
                    if Task.isCancelled { cancelOutgoing(id) }
                }
            } onCancel: {
                cancelOutgoing(id)
            }
        } catch let error as RPCError where error.status == .cancelled && Task.isCancelled {
            throw CancellationError()
        }
    }

    private func send(
        _ method: String, options: CallOptions, progress: (@Sendable (JSONRaw) -> Void)?,
        params: (inout JSONWriter) -> Void, completion: @escaping @Sendable (OutgoingCall.Answer) -> Void
    ) -> CallHandle {
        let id = reserveID()
        send(id, method, options: options, progress: progress, params: params, completion: completion)
        return CallHandle(session: self, id: id)
    }

    private func reserveID() -> Int64 {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    /// How much longer than the peer we wait for an answer that says the deadline has passed.
    static let grace = Duration.milliseconds(250)

    private func send(
        _ id: Int64, _ method: String, options: CallOptions, progress: (@Sendable (JSONRaw) -> Void)?,
        params: (inout JSONWriter) -> Void, completion: @escaping @Sendable (OutgoingCall.Answer) -> Void
    ) {
        let deadline = options.timeout.map { time.boot() + $0 + Self.grace }
        let call = OutgoingCall(completion: completion, progress: progress, deadline: deadline)
        var refusal: RPCError?
        var wake: Wake?
        var transport: (any SessionTransport)?
        writer.with {
            Envelope.encodeRequest(id: .number(id), method: method, meta: options.meta, into: &$0, params: params)
        } _: { payload in
            guard payload.count <= limits.maximumFrame else { return refusal = frameTooLong(payload.count) }
            state.withLock { state in
                if state.isClosed || state.isPeerGone {
                    refusal = state.lastComplaint ?? Self.connectionGone
                } else if let lack = state.output.lackOfRoom(for: payload.count, in: limits) {
                    refusal = lack
                } else {
                    state.outgoing[id] = call
                    if let deadline { wake = state.wake(by: deadline) }
                    state.output.append(payload)
                    if state.output.claim() { transport = state.transport }
                }
            }
        }
        OutputGathering.send(transport)
        wake?()
        if let refusal { completion(.error(refusal)) }
    }

    /// For a request that was not sent because there is no connection any more.
    static let connectionGone = RPCError(
        .unavailable, "the connection is gone; nothing was sent", reason: RPCError.Reason.connectionGone)

    /// The peer's answer to one of our requests.
    func answered(_ id: RequestID, _ answer: OutgoingCall.Answer) {
        guard case .number(let number) = id else {
            if case .error(let error) = answer {
                log.debug("\(peer) complains: \(error)")
                state.withLock { $0.lastComplaint = error }
            }
            return
        }
        // One that is not there was cancelled or came too late.
        guard let call = state.withLock({ $0.outgoing.removeValue(forKey: number) }) else { return }
        call.completion(answer)
        closeIfFinished()
    }

    /// Whether a request of ours waits for its answer.
    var isWaiting: Bool { state.withLock { !$0.outgoing.isEmpty } }

    /// The peer's answer to one of our requests cannot be read; false when none with this id waits.
    func failed(_ id: RequestID, _ error: RPCError) -> Bool {
        guard case .number(let number) = id, let call = state.withLock({ $0.outgoing.removeValue(forKey: number) })
        else { return false }
        log.notice("\(peer) gave an answer that cannot be read: \(error)")
        call.completion(.error(.unreadableAnswer(error)))
        closeIfFinished()
        return true
    }

    func closeIfFinished() {
        let transport = state.withLock { state -> (any SessionTransport)? in
            state.isFinished && state.output.claim() ? state.transport : nil
        }
        transport?.outputIsClaimed()
    }

    private static func outcome<R>(
        _ answer: OutgoingCall.Answer, _ result: (Span<UInt8>) throws(RPCError) -> R
    ) -> Result<R, RPCError> {
        switch answer {
        case .error(let error): .failure(error)
        case .result(let span): Result { () throws(RPCError) in try result(span) }
        }
    }

    private static func decode<R: JSONDecodable>(
        _: R.Type, _ span: Span<UInt8>, of method: String
    ) throws(RPCError) -> R {
        do throws(JSONError) {
            return try JSON.decode(R.self, span: span)
        } catch {
            throw RPCError(
                .internal, "the answer to \(method) cannot be read: \(error)", reason: RPCError.Reason.answerInvalid,
                field: error.path)
        }
    }
}

extension RPCError {
    /// The failure of a call whose answer cannot be read.
    static func unreadableAnswer(_ why: RPCError) -> RPCError {
        let reason = why.reason == Reason.depthLimit ? Reason.depthLimit : Reason.answerInvalid
        return RPCError(.internal, "the answer cannot be read: \(why)", reason: reason)
    }
}
