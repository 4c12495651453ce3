import JSONCodec
import Linux
import MillraceProtocol

/// Answers to the peer's requests: exactly one each.
extension RPCSession {
    /// The handler is done and gave a result.
    func finish(_ call: IncomingCall, with result: some JSONEncodable) {
        guard let id = call.id else { return leave(call) }
        writer.with {
            $0.value(result)
        } _: { result in
            if call.batch == nil {
                putResult(result, id, for: call)
            } else {
                var payload: [UInt8] = []
                Envelope.appendResult(id: id, correlationId: call.correlationId, result: result, to: &payload)
                put(payload, for: call, failing: nil, leaving: true)
            }
        }
    }

    /// The handler is done and threw.
    func finish(_ call: IncomingCall, throwing error: any Error) {
        finish(call, failing: face(of: error, in: call))
    }

    func finish(_ call: IncomingCall, failing error: RPCError) {
        if call.id == nil { log.debug("notification \(call.method) of \(peer) failed: \(error)") }
        encode(error, for: call) { put($0, for: call, failing: error, leaving: true) }
    }

    /// The handler is done; if it never gave its answer, says so.
    func finish(_ call: IncomingCall, unanswered complaint: @autoclosure () -> String) {
        let (isCancelled, isAnswered) = state.withLock { _ in (call.isCancelled, call.isAnswered) }
        if isAnswered { return leave(call) }
        if isCancelled { return finish(call, failing: Self.cancelled) }
        log.error("\(complaint())", metadata: ["correlation-id": "\(call.correlationId)"])
        finish(call, failing: Self.internalError)
    }

    /// Answers in the handler's stead, which may still run.
    func answer(_ call: IncomingCall, failing error: RPCError) {
        encode(error, for: call) { put($0, for: call, failing: error, leaving: false) }
    }

    private func encode(_ error: RPCError, for call: IncomingCall, _ body: ([UInt8]) -> Void) {
        var error = error
        error.correlationId = call.correlationId
        writer.with({ Envelope.encodeError(id: call.id ?? .null, error, into: &$0) }, body)
    }

    /// What an error that a handler threw looks like to the caller.
    private func face(of error: any Error, in call: IncomingCall) -> RPCError {
        switch error {
        case let error as any RPCErrorConvertible: return error.rpcError
        case is CancellationError: return Self.cancelled
        default:
            log.error(
                "\(call.method) failed: \(String(reflecting: error))",
                metadata: ["correlation-id": "\(call.correlationId)"])
            return Self.internalError
        }
    }

    static let cancelled = RPCError(.cancelled, "the request was cancelled", reason: RPCError.Reason.cancelled)
    static let internalError = RPCError(
        .internal, "an internal error; the service's log has it under the correlation id",
        reason: RPCError.Reason.internal)
    static let pastDeadline = RPCError(
        .deadlineExceeded, "the deadline passed before the work was done", reason: RPCError.Reason.deadline)
}

extension RPCSession {
    /// The handler of `call` is done and has nothing (more) to say.
    private func leave(_ call: IncomingCall) {
        let transport = state.withLock { state -> (any SessionTransport)? in
            state.remove(call)
            return state.isFinished && state.output.claim() ? state.transport : nil
        }
        transport?.outputIsClaimed()
    }

    /// The short way for the usual case: a result outside of a batch is written where it is sent from.
    private func putResult(_ result: [UInt8], _ id: RequestID, for call: IncomingCall) {
        var refusal: RPCError?
        var isAnswer = false
        let transport = state.withLock { state -> (any SessionTransport)? in
            if !call.isAnswered && !state.isClosed {
                refusal =
                    result.count > limits.maximumFrame
                    ? frameTooLong(result.count) : state.output.lackOfRoom(for: result.count, in: limits)
                if refusal != nil { return nil }
                let excess = state.output.append(answerUpTo: limits.maximumFrame) { output in
                    Envelope.appendResult(id: id, correlationId: call.correlationId, result: result, to: &output)
                }
                if let excess {
                    refusal = frameTooLong(excess)
                    return nil
                }
                call.isAnswered = true
                isAnswer = true
                state.output.forget(id)
            }
            state.remove(call)
            return state.output.claim() ? state.transport : nil
        }
        if let refusal { return finish(call, failing: refusal) }
        if isAnswer, let meter = call.meter { meter.answered(call, at: time.boot(), failure: nil) }
        OutputGathering.send(transport)
    }

    /// Sends the answer unless the call has had one, or there is nobody to send it to.
    ///
    /// - Parameter error: what the payload tells; nil for a result.
    private func put(_ payload: [UInt8], for call: IncomingCall, failing error: RPCError?, leaving: Bool) {
        var refusal: RPCError?
        var isAnswer = false
        let transport = state.withLock { state -> (any SessionTransport)? in
            if !call.isAnswered && !state.isClosed {
                refusal = lackOfRoom(for: payload, of: call, isError: error != nil, state)
                if refusal != nil { return nil }
                call.isAnswered = true
                isAnswer = true
                if error != nil { state.statistics.errors += 1 }
                if let id = call.id { state.output.forget(id) }
                if let batch = call.batch {
                    batch.append(payload)
                    state.output.keep(payload.count + 1)
                    close(batch, &state)
                } else {
                    state.output.append(answer: payload)
                }
            }
            if leaving { state.remove(call) }
            guard !state.output.bytes.isEmpty || state.isFinished else { return nil }
            return state.output.claim() ? state.transport : nil
        }
        if let refusal {
            return encode(refusal, for: call) { put($0, for: call, failing: refusal, leaving: leaving) }
        }
        if isAnswer, let meter = call.meter {
            meter.answered(call, at: time.boot(), failure: error.map { $0.status?.rawValue ?? String($0.code) })
        }
        OutputGathering.send(transport)
    }

    /// The error to answer instead when there is no room for the answer. Short errors always find room: there are no
    /// more of them than requests in flight.
    private func lackOfRoom(
        for payload: [UInt8], of call: IncomingCall, isError: Bool, _ state: borrowing State
    ) -> RPCError? {
        if isError && payload.count <= BatchAnswer.errorLength { return nil }
        if payload.count > limits.maximumFrame { return frameTooLong(payload.count) }
        if let lack = state.output.lackOfRoom(for: payload.count, in: limits) { return lack }
        if let batch = call.batch, !batch.hasRoom(payload.count, in: limits.maximumFrame) {
            return frameTooLong(batch.bytes + payload.count)
        }
        return nil
    }

    /// All of the batch has been read.
    func closeBatch(_ batch: BatchAnswer) {
        let transport = state.withLock { state -> (any SessionTransport)? in
            close(batch, &state)
            guard !state.output.bytes.isEmpty else { return nil }
            return state.output.claim() ? state.transport : nil
        }
        transport?.outputIsClaimed()
    }

    /// One more of the batch is done; after the last the answer goes out.
    private func close(_ batch: BatchAnswer, _ state: inout State) {
        batch.open -= 1
        guard batch.open == 0, !state.isClosed, let payload = batch.payload else { return }
        state.output.keep(-batch.bytes)
        state.output.append(answer: payload)
    }
}

extension RPCSession.State {
    /// Takes a call out of the list of those that run.
    mutating func remove(_ call: IncomingCall) {
        let slot = call.slot
        guard slot >= 0 else { return }
        call.slot = -1
        call.task = nil
        call.onCancel = nil
        let last = running.removeLast()
        if slot < running.count {
            running[slot] = last
            last.slot = slot
        }
    }
}
