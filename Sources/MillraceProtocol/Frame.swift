/// A frame on the wire: a 4-byte big-endian length, then that many bytes of JSON.
public enum Frame {
    /// Bytes of the length before the payload.
    public static let headerLength = 4

    /// The longest payload unless a setting says otherwise: 16 MiB.
    public static let defaultMaximumLength = 16 << 20

    public static func encode(_ payload: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(headerLength + payload.count)
        append(payload, to: &frame)
        return frame
    }

    public static func append(_ payload: [UInt8], to output: inout [UInt8]) {
        let length = UInt32(payload.count)
        output.append(UInt8(truncatingIfNeeded: length >> 24))
        output.append(UInt8(truncatingIfNeeded: length >> 16))
        output.append(UInt8(truncatingIfNeeded: length >> 8))
        output.append(UInt8(truncatingIfNeeded: length))
        output.append(contentsOf: payload)
    }
}

/// Why a byte stream cannot be split into frames any further. The stream has no way back to a frame's start after either.
public enum FrameError: Error, Hashable, Sendable {
    /// A length of zero; a payload has at least one byte.
    case empty
    /// A length above the limit, read from the header alone: the payload was not waited for.
    case tooLong(length: Int, limit: Int)
}

extension FrameError: RPCErrorConvertible {
    public var rpcError: RPCError {
        switch self {
        case .empty:
            RPCError.invalidRequest("a frame of zero bytes; its payload must have at least one", reason: "frame.empty")
        case .tooLong(let length, let limit):
            RPCError(
                .resourceExhausted, "a frame of \(length) bytes; the limit is \(limit)",
                reason: RPCError.Reason.frameLimit)
        }
    }
}
