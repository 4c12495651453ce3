import JSONCodec

extension Envelope {
    /// Reads a message of the usual form, without making strings of its member names.
    ///
    /// Nil for anything out of the ordinary, good or bad: escapes, members named twice or unknown, errors. The careful
    /// reader judges those; where this one gives a message, that one gives the same.
    static func quick(_ frame: Span<UInt8>, limits: Limits) -> Message? {
        var scan = QuickScan(bytes: frame, depth: limits.depth - 1)
        return scan.message()
    }
}

private struct QuickScan: ~Escapable {
    let bytes: Span<UInt8>
    /// How deep parameters may nest.
    let depth: Int
    var position = 0

    private var isVersion2 = false
    private var id: RequestID?
    private var method: String?
    private var params: Range<Int>?
    private var result: Range<Int>?
    private var meta: Meta?

    @_lifetime(copy bytes)
    init(bytes: Span<UInt8>, depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    mutating func message() -> Message? {
        guard depth > 0, take(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard member() else { return nil }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { return nil }
        skipSpace()
        guard position == bytes.count, isVersion2 else { return nil }
        if let method {
            guard result == nil else { return nil }
            guard let id else {
                return .notification(Notification(method: method, params: params, meta: meta ?? Meta()))
            }
            return .request(Request(id: id, method: method, params: params, meta: meta ?? Meta()))
        }
        guard let id, let result else { return nil }
        return .response(Response(id: id, outcome: .success(result)))
    }

    /// Reads a name and its value; false when either is not as usual.
    private mutating func member() -> Bool {
        // Most writers put no space around a name, and these stand in nearly every message.
        if take(#""id":"#) { return id == nil && readID() }
        if take(#""method":"#) { return method == nil && readMethod() }
        if take(#""params":"#) { return params == nil && readParams() }
        if take(#""jsonrpc":"2.0""#) {
            defer { isVersion2 = true }
            return !isVersion2
        }
        return spacedMember()
    }

    private mutating func spacedMember() -> Bool {
        guard let name = plainString(), take(UInt8(ascii: ":")) else { return false }
        skipSpace()
        switch name.count {
        case 2 where equals(name, "id") && id == nil: return readID()
        case 4 where equals(name, "meta") && meta == nil: return readMeta()
        case 6 where equals(name, "method") && method == nil: return readMethod()
        case 6 where equals(name, "params") && params == nil: return readParams()
        case 6 where equals(name, "result") && result == nil:
            result = value()
            return result != nil
        case 7 where equals(name, "jsonrpc") && !isVersion2:
            guard let version = plainString(), equals(version, "2.0") else { return false }
            isVersion2 = true
            return true
        default: return false
        }
    }

    private mutating func readMethod() -> Bool {
        method = plainString().map { text($0) }
        return method != nil
    }

    private mutating func readParams() -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") || bytes[position] == UInt8(ascii: "[")
        else { return false }
        params = value()
        return params != nil
    }

    private mutating func readID() -> Bool {
        skipSpace()
        guard position < bytes.count else { return false }
        if bytes[position] == UInt8(ascii: "\"") {
            guard let range = plainString(), range.count <= RequestID.maximumLength else { return false }
            id = .string(text(range))
            return true
        }
        let start = position
        var number: Int64 = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit <= 9 {
            number = number &* 10 &+ Int64(digit)
            position += 1
        }
        // Short enough not to overflow, no leading zero, and whole: what follows is no fraction or exponent.
        let length = position - start
        guard (1...18).contains(length), length == 1 || bytes[start] != UInt8(ascii: "0"), position < bytes.count
        else { return false }
        switch bytes[position] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: " "):
            id = .number(number)
            return true
        default: return false
        }
    }

    private mutating func readMeta() -> Bool {
        guard let range = value() else { return false }
        meta = try? JSON.decode(Meta.self, span: bytes.extracting(range), limits: JSONLimits(depth: depth))
        return meta != nil
    }

    /// Checks the value that comes next and steps over it.
    private mutating func value() -> Range<Int>? {
        let start = position
        guard var json = try? JSONReader(bytes.extracting(start...), limits: JSONLimits(depth: depth)),
            let range = try? json.rawRange()
        else { return nil }
        position = start + range.upperBound
        return start + range.lowerBound..<position
    }

    /// The inside of a string of ASCII without escapes.
    private mutating func plainString() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return start..<position - 1
            case UInt8(ascii: "\\"), 0..<0x20, 0x80...: return nil
            default: position += 1
            }
        }
        return nil
    }

    private func text(_ range: Range<Int>) -> String {
        bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    private func equals(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where bytes[range.lowerBound + index] != name.utf8Start[index] { return false }
        return true
    }

    /// Steps over `text` if exactly that comes next.
    @inline(__always)
    private mutating func take(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard bytes.count &- position >= length else { return false }
        for index in 0..<length where bytes[unchecked: position &+ index] != text.utf8Start[index] { return false }
        position &+= length
        return true
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= 0x20 {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }
}
