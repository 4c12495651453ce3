import JSONCodec
import Linux
import MillraceProtocol

extension RPCSession {
    func sendProgress(_ call: IncomingCall, _ value: some JSONEncodable) {
        guard let id = call.id else { return }
        writer.with {
            Envelope.encodeNotification(method: "$/progress", into: &$0) { json in
                json.object { json in
                    json.member("token", id)
                    json.member("value", value)
                }
            }
        } _: { payload in
            let transport = state.withLock { state -> (any SessionTransport)? in
                // Progress that is too long for a frame is left out like progress nobody reads.
                guard !call.isAnswered, !state.isClosed, payload.count <= limits.maximumFrame else { return nil }
                if state.output.waiting + payload.count > limits.progressBytesPerConnection {
                    state.output.hold(payload, of: id, upTo: limits.progressBytesPerConnection)
                } else {
                    state.output.append(payload)
                }
                return state.output.claim() ? state.transport : nil
            }
            transport?.outputIsClaimed()
        }
    }

    /// The peer's progress with one of our requests.
    func progressed(_ params: Span<UInt8>) {
        guard let progress = try? JSON.decode(Progress.self, span: params), case .number(let id) = progress.token,
            let body = state.withLock({ $0.outgoing[id]?.progress })
        else { return }
        body(progress.value)
    }

    struct Progress: JSONDecodable {
        var token: RequestID
        var value: JSONRaw

        init(from json: inout JSONReader) throws(JSONError) {
            var token: RequestID?, value: JSONRaw?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "token": token = try json.value()
                case "value": value = try json.raw()
                default: try json.skip()
                }
            }
            self.token = try json.require(token, "token")
            self.value = try json.require(value, "value")
        }
    }
}
