import JSONCodec

/// Envelopes around a value that is JSON already, without writing it again.
extension Envelope {
    /// Appends the answer with `result` to `output`.
    public static func appendResult(
        id: RequestID, correlationId: String, result: [UInt8], to output: inout [UInt8]
    ) {
        var correlationId = correlationId
        let isDone = correlationId.withUTF8 { correlationId in
            guard case .number(let number) = id, isPlain(correlationId) else { return false }
            // What stands around result and correlation id has less than 100 bytes.
            output.append(addingCapacity: result.count + correlationId.count + 100) { output in
                output.append(#"{"jsonrpc":"2.0","id":"#)
                output.append(decimal: number)
                output.append(#","result":"#)
                result.withUnsafeBufferPointer { output.append($0) }
                output.append(#","meta":{"correlationId":""#)
                output.append(correlationId)
                output.append(#""}}"#)
            }
            return true
        }
        if isDone { return }
        var json = JSONWriter(reserving: result.count + 256)
        encodeResult(id: id, correlationId: correlationId, into: &json) { $0.raw(unchecked: result[...]) }
        output.append(contentsOf: json.bytes)
    }

    /// Whether nothing has to be escaped.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in text where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        return true
    }
}

extension OutputSpan<UInt8> {
    @inline(__always)
    fileprivate mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    fileprivate mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        precondition(freeCapacity >= bytes.count)
        withUnsafeMutableBufferPointer { room, count in
            (room.baseAddress! + count).initialize(from: start, count: bytes.count)
            count &+= bytes.count
        }
    }

    fileprivate mutating func append(decimal number: Int64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = number.magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { append(UInt8(ascii: "-")) }
        for index in first..<20 { append(digits[index]) }
    }
}
