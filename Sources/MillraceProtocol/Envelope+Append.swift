import JSONCodec

/// Envelopes around a value that is JSON already, without writing it again.
extension Envelope {
    /// Appends the answer with `result` to `output`.
    public static func appendResult(
        id: RequestID, correlationId: String, result: [UInt8], to output: inout [UInt8]
    ) {
        appendText(#"{"jsonrpc":"2.0","id":"#, to: &output)
        append(id, to: &output)
        appendText(#","result":"#, to: &output)
        output.append(contentsOf: result)
        appendText(#","meta":{"correlationId":"#, to: &output)
        append(correlationId, to: &output)
        appendText("}}", to: &output)
    }

    private static func appendText(_ text: StaticString, to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(_ id: RequestID, to output: inout [UInt8]) {
        switch id {
        case .null: appendText("null", to: &output)
        case .string(let string): append(string, to: &output)
        case .number(let number) where (0..<10).contains(number): output.append(UInt8(ascii: "0") + UInt8(number))
        case .number(let number): output.append(contentsOf: String(number).utf8)
        }
    }

    private static func append(_ string: String, to output: inout [UInt8]) {
        var string = string
        let isPlain = string.withUTF8 { text in
            guard text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
                return false
            }
            output.append(UInt8(ascii: "\""))
            output.append(contentsOf: text)
            output.append(UInt8(ascii: "\""))
            return true
        }
        if !isPlain { output.append(contentsOf: JSON.encode(string)) }
    }
}
