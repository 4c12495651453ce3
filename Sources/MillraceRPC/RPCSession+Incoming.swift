import JSONCodec
import Linux
import MillraceProtocol

/// The peer's requests.
extension RPCSession {
    /// Takes one frame. Called by the transport, on one thread at a time.
    func receive(_ frame: Span<UInt8>) {
        switch Envelope.parse(frame, limits: limits.envelope) {
        case .single(let message): receive(message, frame, batch: nil)
        case .invalid(let invalid): refuse(invalid, batch: nil)
        case .batch(let entries):
            let batch = BatchAnswer(expecting: entries.count)
            for entry in entries {
                switch entry {
                case .success(let message): receive(message, frame, batch: batch)
                case .failure(let invalid): refuse(invalid, batch: batch)
                }
            }
            closeBatch(batch)
        }
    }

    /// No more is taken from the byte stream, which is cut or not to be split into frames any more: says so and hangs up.
    func refuse(_ error: RPCError) {
        log.notice("refused a frame of \(peer): \(error)")
        refuse(.null, error, batch: nil)
        inputEnded()
    }

    private func receive(_ message: Message, _ frame: Span<UInt8>, batch: BatchAnswer?) {
        switch message {
        case .request(let request):
            serve(request.id, request.method, request.params, request.meta, frame, batch)
        case .notification(let notification):
            switch notification.method {
            case "$/progress": if let params = notification.params { progressed(frame.extracting(params)) }
            case "$/goodbye": goodbyeCame()
            case "$/cancelRequest": if let params = notification.params { cancelRequest(frame.extracting(params)) }
            default:
                if notification.method.hasPrefix("$/") { return }
                serve(nil, notification.method, notification.params, notification.meta, frame, nil)
            }
        case .response(let response):
            switch response.outcome {
            case .success(let range): answered(response.id, .result(frame.extracting(range)))
            case .failure(let error): answered(response.id, .error(error))
            }
        }
    }

    /// A request that cannot be read is answered by its error. An answer that cannot be read is the failure of what it was to
    /// answer; where that cannot be told, it may have been any of our requests, and all of them fail with the connection.
    private func refuse(_ invalid: InvalidMessage, batch: BatchAnswer?) {
        let answered: RequestID?
        switch invalid.kind {
        case .request: answered = nil
        case .answer(let id): answered = id
        case .unknown: answered = invalid.id
        }
        if let answered {
            if failed(answered, invalid.error) { return }
            if answered == .null, isWaiting {
                log.notice("hanging up on \(peer), who answered what cannot be read: \(invalid.error)")
                return close(.refused(invalid.error))
            }
        }
        if let id = invalid.id { return refuse(id, invalid.error, batch: batch) }
        log.debug("passed over what \(peer) said: \(invalid.error)")
    }

    private func refuse(_ id: RequestID, _ error: RPCError, batch: BatchAnswer?) {
        let call = IncomingCall(
            session: self, id: id, method: "", meta: Meta(), correlationId: correlationIDs.next(), deadline: nil,
            interruptible: false, batch: batch)
        if let batch { state.withLock { _ in batch.open += 1 } }
        answer(call, failing: error)
    }

    private func serve(
        _ id: RequestID?, _ method: String, _ params: Range<Int>?, _ meta: Meta, _ frame: Span<UInt8>,
        _ batch: BatchAnswer?
    ) {
        let entry = router.entry(method)
        let meter = meters.flatMap { entry?.meter(in: $0) }
        let now = meter != nil || meta.timeoutMs != nil ? time.boot() : .zero
        let deadline = meta.timeoutMs.map { now + .milliseconds(min($0, Self.longestTimeoutMs)) }
        let call = IncomingCall(
            session: self, id: id, method: method, meta: meta,
            correlationId: meta.correlationId ?? correlationIDs.next(), deadline: deadline,
            interruptible: entry?.description.interruptible ?? false, batch: batch, meter: meter, began: now)
        var wake: Wake?
        let admission = state.withLock { state in
            let admission = admit(call, entry, &state)
            if admission == .admitted, let deadline { wake = state.wake(by: deadline) }
            return admission
        }
        wake?()
        switch admission {
        case .closed: break
        case .unknown: answer(call, failing: .methodNotFound(method))
        case .stopping: answer(call, failing: Self.stopping)
        case .denied: answer(call, failing: accessDenied(entry!.description))
        case .unkeyed: answer(call, failing: takesNoKey(entry!.description))
        case .tooMany: answer(call, failing: tooMany())
        case .admitted:
            if let params {
                entry!.start(call, params: frame.extracting(params), depth: limits.depth)
            } else {
                entry!.start(call, params: Self.noParams.span, depth: limits.depth)
            }
        }
    }

    private enum Admission { case admitted, closed, unknown, stopping, denied, unkeyed, tooMany }

    /// Whether the call may run; one that may is in the list of those that do.
    private func admit(_ call: IncomingCall, _ entry: MethodEntry?, _ state: inout State) -> Admission {
        if state.isClosed { return .closed }
        if call.id == nil { state.statistics.notifications += 1 } else { state.statistics.requests += 1 }
        call.batch?.open += 1
        guard let entry else { return .unknown }
        if state.refusesRequests { return .stopping }
        guard peer.may(entry.description.access) else { return .denied }
        let method = entry.description
        if call.meta.idempotencyKey != nil, method.access != .read, !method.isKeyed { return .unkeyed }
        guard state.running.count < limits.inFlightPerConnection else { return .tooMany }
        call.slot = state.running.count
        state.running.append(call)
        return .admitted
    }

    private static let noParams = Array("{}".utf8)
    /// A year: longer ones are cut to it, so that no sum overflows.
    private static let longestTimeoutMs = 366 * 86_400_000

    private func accessDenied(_ method: MethodDescription) -> RPCError {
        RPCError(
            .permissionDenied, "\(method.name) needs \(method.access) access, which \(peer) has not",
            reason: RPCError.Reason.access)
    }

    private func takesNoKey(_ method: MethodDescription) -> RPCError {
        RPCError(
            .invalidArgument, "\(method.name) takes no idempotency key: of two requests with one, both would be done",
            reason: RPCError.Reason.params, field: "meta.idempotencyKey")
    }

    private func tooMany() -> RPCError {
        RPCError(
            .resourceExhausted, "\(limits.inFlightPerConnection) requests of this connection are running",
            reason: RPCError.Reason.inFlightLimit)
    }
}

/// Stopping them.
extension RPCSession {
    /// Remembers the handler's task, to cancel it.
    func started(_ call: IncomingCall, _ task: Task<Void, Never>) {
        let cancelled = state.withLock { _ in
            // A call that has left the list is over; its task needs no keeping.
            if call.slot >= 0 { call.task = task }
            return call.isCancelled
        }
        if cancelled { task.cancel() }
    }

    func onCancel(_ call: IncomingCall, _ body: @escaping @Sendable () -> Void) {
        let cancelled = state.withLock { _ in
            if call.isCancelled { return true }
            if call.slot >= 0 { call.onCancel = body }
            return false
        }
        if cancelled { body() }
    }

    func stop(_ call: IncomingCall) {
        let stop = state.withLock { _ -> IncomingCall.Stop? in
            if call.isCancelled { return nil }
            call.isCancelled = true
            return call.stop
        }
        stop?()
    }

    private func cancelRequest(_ params: Span<UInt8>) {
        guard let id = try? JSON.decode(CancelRequest.self, span: params).id else { return }
        // The latest of that id, should the peer have used it twice.
        let call = state.withLock { state in state.running.last { $0.id == id && !$0.isAnswered } }
        if let call { stop(call) }
    }
}

/// Params of `$/cancelRequest`.
struct CancelRequest: JSONCodable {
    var id: RequestID

    init(id: RequestID) {
        self.id = id
    }

    init(from json: inout JSONReader) throws(JSONError) {
        var id: RequestID?
        try json.object { key, json throws(JSONError) in
            if key == "id" { id = try json.value() } else { try json.skip() }
        }
        self.id = try json.require(id, "id")
    }

    func encode(to json: inout JSONWriter) {
        json.object { $0.member("id", id) }
    }
}
