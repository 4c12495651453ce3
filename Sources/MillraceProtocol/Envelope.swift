import JSONCodec

/// The JSON-RPC 2.0 envelope: what a frame holds, read and written without decoding parameters and results.
public enum Envelope {
    public struct Limits: Hashable, Sendable {
        /// How deep values may nest, the envelope included.
        public var depth = 64
        /// How many messages a batch may hold.
        public var batchEntries = 1000

        public init(depth: Int = 64, batchEntries: Int = 1000) {
            self.depth = depth
            self.batchEntries = batchEntries
        }
    }

    /// What a frame turned out to be.
    public enum Content: Hashable, Sendable {
        case single(Message)
        case batch([Result<Message, InvalidMessage>])
        case invalid(InvalidMessage)
    }

    public static func parse(_ frame: [UInt8], limits: Limits = Limits()) -> Content {
        parse(frame.span, limits: limits)
    }

    /// Reads a frame; the whole of it has been checked to be JSON when a message comes out.
    public static func parse(_ frame: Span<UInt8>, limits: Limits = Limits()) -> Content {
        if let message = quick(frame, limits: limits) { return .single(message) }
        return parseCarefully(frame, limits: limits)
    }

    /// Judges every frame; ``quick(_:limits:)`` only spares it the work.
    static func parseCarefully(_ frame: Span<UInt8>, limits: Limits) -> Content {
        do throws(JSONError) {
            var json = try JSONReader(frame, limits: JSONLimits(depth: limits.depth))
            switch try json.kind() {
            case .object:
                var draft = Draft()
                do throws(JSONError) {
                    try draft.read(&json)
                    try json.finish()
                } catch {
                    return .invalid(draft.remains(at: error, describe(error, limits)))
                }
                return draft.message(in: frame, at: 0).content
            case .array: return try batch(&json, frame, limits)
            default:
                try json.skip()
                try json.finish()
                return .invalid(.notAMessage)
            }
        } catch {
            return .invalid(InvalidMessage(id: .null, error: describe(error, limits)))
        }
    }

    private static func batch(
        _ json: inout JSONReader, _ frame: Span<UInt8>, _ limits: Limits
    ) throws(JSONError) -> Content {
        // First the extent of each entry, so that all is known to be JSON and one bad entry spoils no other.
        var ranges: [Range<Int>] = []
        var count = 0
        try json.array { json throws(JSONError) in
            count += 1
            if count > limits.batchEntries { try json.skip() } else { ranges.append(try json.rawRange()) }
        }
        try json.finish()
        if count == 0 { return .invalid(InvalidMessage(id: .null, error: .invalidRequest("an empty batch"))) }
        if count > limits.batchEntries {
            let error = RPCError(
                .resourceExhausted, "a batch of \(count) messages; the limit is \(limits.batchEntries)",
                reason: RPCError.Reason.batchLimit)
            return .invalid(InvalidMessage(id: .null, error: error))
        }
        var entries: [Result<Message, InvalidMessage>] = []
        entries.reserveCapacity(count)
        for range in ranges { entries.append(entry(frame, range, limits)) }
        return .batch(entries)
    }

    private static func entry(
        _ frame: Span<UInt8>, _ range: Range<Int>, _ limits: Limits
    ) -> Result<Message, InvalidMessage> {
        var draft = Draft()
        do throws(JSONError) {
            var json = try JSONReader(frame.extracting(range), limits: JSONLimits(depth: limits.depth))
            guard try json.kind() == .object else { return .failure(.notAMessage) }
            try draft.read(&json)
            try json.finish()
        } catch {
            return .failure(draft.remains(at: error, describe(error, limits)))
        }
        return draft.message(in: frame, at: range.lowerBound)
    }

    private static func describe(_ error: JSONError, _ limits: Limits) -> RPCError {
        switch error.kind {
        case .depth:
            RPCError(
                .resourceExhausted, "values nested deeper than \(limits.depth)", reason: RPCError.Reason.depthLimit)
        case .duplicateMember: .invalidRequest("\(error)")
        default: .parseError("\(error)")
        }
    }
}

extension InvalidMessage {
    static let notAMessage = InvalidMessage(id: .null, error: .invalidRequest("a message is an object"))
}

extension Result<Message, InvalidMessage> {
    fileprivate var content: Envelope.Content {
        switch self {
        case .success(let message): .single(message)
        case .failure(let invalid): .invalid(invalid)
        }
    }
}
