/// Reads one JSON text (RFC 8259, strictly) from front to back, each value by the type its reader expects.
///
/// Objects and arrays call back for each member or element; the callback takes exactly one value from the reader it is
/// given, and a value it leaves alone is checked and passed over. A read that throws leaves the reader where it was, so
/// another form may be tried. Nothing is read twice and no tree is built.
public struct JSONReader: ~Escapable {
    let bytes: Span<UInt8>
    let limits: JSONLimits
    /// No byte of the input is above 0x7F, so no string is examined again for it.
    let isASCII: Bool
    /// Where the next value, or the white space before it, begins.
    var position = 0
    /// Objects and arrays open around `position`.
    var depth = 0

    /// Checks at once that the whole input is UTF-8; everything else is checked as it is read.
    ///
    /// - Throws: ``JSONError/Kind/encoding``.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        do {
            isASCII = try UTF8Span(validating: bytes).isKnownASCII
        } catch {
            throw JSONError(.encoding, offset: error.byteOffsets.lowerBound, "the text is not UTF-8")
        }
        self.bytes = bytes
        self.limits = limits
    }

    /// Bytes taken so far.
    public var offset: Int { position }

    /// The kind of the next value, which stays unread.
    public mutating func kind() throws(JSONError) -> JSONKind {
        guard let kind = JSONKind(firstByte: try nextByte()) else { throw noValue(at: position) }
        return kind
    }

    /// Reads an object, calling `member` for each name, with the reader at the value.
    ///
    /// - Throws: what `member` throws, with the name put before its path; `duplicateMember` when a name comes twice.
    public mutating func object(
        _ member: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        let start = (position, depth)
        do throws(JSONError) {
            try readObject(member)
        } catch {
            (position, depth) = start
            throw error
        }
    }

    /// Reads an array, calling `element` with the reader at each value.
    ///
    /// - Throws: what `element` throws, with the index put before its path.
    public mutating func array(_ element: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        let start = (position, depth)
        do throws(JSONError) {
            try readArray(element)
        } catch {
            (position, depth) = start
            throw error
        }
    }

    @inlinable
    public mutating func value<T: JSONDecodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try T(from: &self)
    }

    /// Ends the reading.
    ///
    /// - Throws: ``JSONError/Kind/trailing`` when more than white space is left.
    public mutating func finish() throws(JSONError) {
        skipSpace()
        if position != bytes.count {
            throw JSONError(.trailing, offset: position, "something follows the value")
        }
    }

    // MARK: Structure

    private mutating func readObject(
        _ member: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        if try !open(.braceOpen, closing: .braceClose, "object") { return }
        var names = MemberNames()
        repeat {
            skipSpace()
            let nameStart = position
            guard position < bytes.count, bytes[position] == .quote else { throw expected("a member name") }
            let (end, escaped) = try bytes.scanString(from: nameStart &+ 1)
            let range = (nameStart &+ 1)..<(end &- 1)
            position = end
            let name = bytes.text(range, escaped: escaped, isASCII: isASCII)
            if !names.insert(name, range, escaped: escaped, in: bytes) {
                throw JSONError(.duplicateMember, offset: nameStart, path: name, "the member appears twice")
            }
            skipSpace()
            guard position < bytes.count, bytes[position] == .colon else { throw expected("a colon") }
            position += 1
            skipSpace()
            let valueStart = position
            do throws(JSONError) {
                try member(name, &self)
                if position == valueStart { try skip() }
            } catch {
                throw error.inside(member: name)
            }
        } while try goesOn(closing: .braceClose)
        depth -= 1
    }

    private mutating func readArray(_ element: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        if try !open(.bracketOpen, closing: .bracketClose, "array") { return }
        var index = 0
        repeat {
            skipSpace()
            let valueStart = position
            do throws(JSONError) {
                try element(&self)
                if position == valueStart { try skip() }
            } catch {
                throw error.inside(index: index)
            }
            index += 1
        } while try goesOn(closing: .bracketClose)
        depth -= 1
    }

    /// Enters an object or array; false when it is empty and already left again.
    @inline(__always)
    private mutating func open(_ opening: UInt8, closing: UInt8, _ expected: String) throws(JSONError) -> Bool {
        guard try nextByte() == opening else { throw wrongType(expected) }
        if depth >= limits.depth { throw tooDeep(at: position) }
        position += 1
        skipSpace()
        if position < bytes.count, bytes[position] == closing {
            position += 1
            return false
        }
        depth += 1
        return true
    }

    /// After a member or element: true behind a comma, false behind the closing byte.
    @inline(__always)
    private mutating func goesOn(closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard position < bytes.count else { throw expected("a comma or the end") }
        let byte = bytes[position]
        guard byte == .comma || byte == closing else { throw expected("a comma or the end") }
        position += 1
        return byte == .comma
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < bytes.count, bytes[position].isSpace { position += 1 }
    }

    /// The first byte of the next value.
    @inline(__always)
    mutating func nextByte() throws(JSONError) -> UInt8 {
        skipSpace()
        guard position < bytes.count else { throw noValue(at: position) }
        return bytes[position]
    }
}
