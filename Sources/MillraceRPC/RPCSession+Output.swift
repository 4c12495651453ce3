import JSONCodec
import MillraceProtocol

/// What a transport needs.
extension RPCSession {
    /// Claims the output for a transport that will take it anyway, such as at the end of a read.
    func claimOutput() -> Bool {
        state.withLock { $0.output.claim() }
    }

    enum Taken { case some, nothing, finished }

    /// Moves the waiting output into the empty `chunk`; gives the claim back only when there was none, and when the
    /// connection has nothing left to do, not even then.
    func takeOutput(into chunk: inout [UInt8]) -> Taken {
        state.withLock { state in
            if state.output.take(into: &chunk) { return .some }
            if state.isFinished { return .finished }
            state.output.release()
            return .nothing
        }
    }

    /// The peer cannot be told anything any more, but what he sent before is still to be read. Gives the claim back.
    func mute() {
        let transport = state.withLock { state -> (any SessionTransport)? in
            state.output.mute()
            return state.isFinished && state.output.claim() ? state.transport : nil
        }
        transport?.outputIsClaimed()
    }

    /// Whether the peer has left so many bytes of his answers unread that nothing more is to be read from him. That ends, at the
    /// latest, when all that is on its way is sent.
    func hasUnreadAnswers(beyond bound: Int) -> Bool {
        state.withLock { $0.output.hasUnreadAnswers(beyond: bound) }
    }

    /// The peer has read nothing for too long.
    func losePatience() {
        let error = RPCError(
            .resourceExhausted, "the peer has read nothing for \(limits.slowReader)",
            reason: RPCError.Reason.outputLimit)
        log.notice("closing the connection of \(peer): \(error.message)")
        close(.refused(error))
    }

    func setInTransit(_ bytes: Int) {
        state.withLock { state in
            if !state.isClosed { state.output.setInTransit(bytes) }
        }
    }
}

extension RPCSession {
    enum Sending { case sent, closed, tooLong(Int), full }

    /// Sends one message of our own, not an answer.
    func send(_ encode: (inout JSONWriter) -> Void) -> Sending {
        writer.with(encode) { payload in
            if payload.count > limits.maximumFrame { return .tooLong(payload.count) }
            let (sending, transport) = state.withLock { state -> (Sending, (any SessionTransport)?) in
                if state.isClosed { return (.closed, nil) }
                if state.output.lackOfRoom(for: payload.count, in: limits) != nil { return (.full, nil) }
                state.output.append(payload)
                return (.sent, state.output.claim() ? state.transport : nil)
            }
            OutputGathering.send(transport)
            return sending
        }
    }

    func frameTooLong(_ length: Int) -> RPCError {
        RPCError(
            .resourceExhausted, "a message of \(length) bytes; the limit is \(limits.maximumFrame)",
            reason: RPCError.Reason.frameLimit)
    }
}
