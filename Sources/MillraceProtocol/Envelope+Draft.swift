import JSONCodec

extension Envelope {
    /// The members of an envelope as they are read, in whatever order; what is wrong with them is kept, so that the id
    /// is still found and the rest still checked to be JSON.
    struct Draft {
        private var isVersion2 = false
        private var id: RequestID?
        private var method: String?
        private var params: Range<Int>?
        private var meta: Range<Int>?
        private var result: Range<Int>?
        private var error: Range<Int>?
        /// Whether a result or an error has begun.
        private var hasOutcome = false
        /// Whether something has begun that only requests have.
        private var asks = false
        private var problem: String?

        mutating func read(_ json: inout JSONReader) throws(JSONError) {
            var draft = Draft()
            defer { self = draft }
            try json.object { key, json throws(JSONError) in
                switch key {
                case "jsonrpc":
                    if try json.kind() == .string {
                        draft.isVersion2 = try json.string() == "2.0"
                    } else {
                        try json.skip()
                    }
                case "id": try draft.readID(&json)
                case "method":
                    draft.asks = true
                    if try json.kind() == .string {
                        draft.method = try json.string()
                    } else {
                        draft.note("method is a string")
                        try json.skip()
                    }
                case "params":
                    draft.asks = true
                    switch try json.kind() {
                    case .object, .array: break
                    default: draft.note("params are an object or an array")
                    }
                    draft.params = try json.rawRange()
                case "meta":
                    draft.asks = true
                    draft.meta = try json.rawRange()
                case "result":
                    draft.hasOutcome = true
                    draft.result = try json.rawRange()
                case "error":
                    draft.hasOutcome = true
                    draft.error = try json.rawRange()
                default: try json.skip()
                }
            }
        }

        private mutating func readID(_ json: inout JSONReader) throws(JSONError) {
            switch try json.kind() {
            case .number:
                if let number = Int64(try json.numberText()) { return id = .number(number) }
                note("a number as id is a whole number of 64 bits")
            case .string:
                let string = try json.string()
                if string.utf8.count <= RequestID.maximumLength { return id = .string(string) }
                note("an id has at most \(RequestID.maximumLength) bytes")
            case .null:
                _ = try json.null()
                return id = .null
            default:
                note("an id is a number, a string or null")
                try json.skip()
            }
            id = .null
        }

        private mutating func note(_ problem: String) {
            if self.problem == nil { self.problem = problem }
        }

        /// What is left of a message whose reading stopped at `error`. Only where the rest of it is JSON is its id the one to answer:
        /// elsewhere nobody knows what was meant.
        func remains(at error: JSONError, _ described: RPCError) -> InvalidMessage {
            let id = error.path == "id" ? .null : id ?? .null
            if !asks, hasOutcome { return InvalidMessage(id: nil, error: described, kind: .answer(id)) }
            let kind: InvalidMessage.Kind = asks ? .request : .unknown
            guard case .duplicateMember = error.kind else {
                return InvalidMessage(id: .null, error: described, kind: kind)
            }
            return InvalidMessage(id: id, error: described, kind: kind)
        }

        /// The message, its ranges moved by `offset` to where they lie in the frame.
        func message(in frame: Span<UInt8>, at offset: Int) -> Result<Message, InvalidMessage> {
            if let problem { return .failure(invalid(problem)) }
            guard isVersion2 else { return .failure(invalid("jsonrpc is not \"2.0\"")) }
            if let method {
                guard result == nil, error == nil else { return .failure(invalid("a request has no result")) }
                var read = Meta()
                if let meta {
                    do throws(JSONError) {
                        read = try Self.decode(Meta.self, frame, meta.moved(by: offset))
                    } catch {
                        return .failure(
                            InvalidMessage(id: id, error: Self.describe(error, in: "meta"), kind: .request))
                    }
                }
                let params = params?.moved(by: offset)
                guard let id else {
                    return .success(.notification(Notification(method: method, params: params, meta: read)))
                }
                return .success(.request(Request(id: id, method: method, params: params, meta: read)))
            }
            guard let id, (result == nil) != (error == nil) else {
                return .failure(invalid("neither a request nor an answer"))
            }
            if let result { return .success(.response(Response(id: id, outcome: .success(result.moved(by: offset))))) }
            do throws(JSONError) {
                let error = try Self.decode(RPCError.self, frame, error!.moved(by: offset))
                return .success(.response(Response(id: id, outcome: .failure(error))))
            } catch {
                return .failure(invalid("an error that is none: \(error)"))
            }
        }

        private func invalid(_ detail: String) -> InvalidMessage {
            let error = RPCError.invalidRequest(detail)
            if method != nil { return InvalidMessage(id: id ?? .null, error: error, kind: .request) }
            if hasOutcome { return InvalidMessage(id: nil, error: error, kind: .answer(id ?? .null)) }
            return InvalidMessage(id: id ?? .null, error: error)
        }

        private static func decode<Value: JSONDecodable>(
            _: Value.Type, _ frame: Span<UInt8>, _ range: Range<Int>
        ) throws(JSONError) -> Value {
            var json = try JSONReader(frame.extracting(range))
            let value = try json.value(Value.self)
            try json.finish()
            return value
        }

        private static func describe(_ error: JSONError, in member: String) -> RPCError {
            var described = RPCError.invalidParams(error)
            described.field = error.path.isEmpty ? member : "\(member).\(error.path)"
            return described
        }
    }
}

extension Range<Int> {
    fileprivate func moved(by offset: Int) -> Range<Int> {
        lowerBound + offset..<upperBound + offset
    }
}
