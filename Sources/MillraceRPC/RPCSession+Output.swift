import JSONCodec
import MillraceProtocol

/// What a transport needs.
extension RPCSession {
    /// Claims the output for a transport that will take it anyway, such as at the end of a read.
    func claimOutput() -> Bool {
        state.withLock { $0.output.claim() }
    }

    /// Moves the waiting output into the empty `chunk` and gives the claim back. True when the connection has nothing
    /// left to do and should be closed once the chunk is sent.
    func takeOutput(into chunk: inout [UInt8]) -> Bool {
        state.withLock { state in
            state.output.take(into: &chunk)
            state.output.release()
            return state.isFinished
        }
    }

    enum Taken { case some, nothing, finished }

    /// Moves the waiting output into the empty `chunk`; gives the claim back only when there was none.
    func takeOutputKeepingClaim(into chunk: inout [UInt8]) -> Taken {
        state.withLock { state in
            state.output.take(into: &chunk)
            if !chunk.isEmpty { return .some }
            state.output.release()
            return state.isFinished ? .finished : .nothing
        }
    }

    func setInTransit(_ bytes: Int) {
        state.withLock { $0.output.inTransit = bytes }
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
                if state.output.waiting + payload.count > limits.outputBytesPerConnection { return (.full, nil) }
                state.output.append(payload)
                return (.sent, state.output.claim() ? state.transport : nil)
            }
            transport?.outputIsClaimed()
            return sending
        }
    }

    func outputFull() -> RPCError {
        RPCError(
            .resourceExhausted, "the peer does not read; the limit is \(limits.outputBytesPerConnection) waiting bytes",
            reason: RPCError.Reason.outputLimit)
    }

    func frameTooLong(_ length: Int) -> RPCError {
        RPCError(
            .resourceExhausted, "a message of \(length) bytes; the limit is \(limits.maximumFrame)",
            reason: RPCError.Reason.frameLimit)
    }
}
