/// Writes one JSON text, compact, in the order of the calls; commas come by themselves.
///
/// A writer may be kept: ``removeAll(keepingCapacity:)`` makes it ready for the next text without allocating.
/// Calls that make no sense (a member in an array, a second value at the root) stop a debug build.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8]
    @usableFromInline var place = Place.root

    /// What may be written next.
    @usableFromInline
    enum Place: UInt8, Sendable {
        case root, end, firstMember, nextMember, memberValue, firstElement, nextElement
    }

    /// - Parameter capacity: bytes to have room for from the start.
    public init(reserving capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public mutating func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
        place = .root
    }

    /// Writes an object; `members` writes its members.
    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        let after = beginValue()
        bytes.append(.braceOpen)
        place = .firstMember
        members(&self)
        assert(place == .firstMember || place == .nextMember, "the last member has no value")
        bytes.append(.braceClose)
        place = after
    }

    /// Writes an array; `elements` writes its elements.
    public mutating func array(_ elements: (inout JSONWriter) -> Void) {
        let after = beginValue()
        bytes.append(.bracketOpen)
        place = .firstElement
        elements(&self)
        assert(place == .firstElement || place == .nextElement)
        bytes.append(.bracketClose)
        place = after
    }

    /// Writes the name of a member; one value must follow.
    public mutating func name(_ name: String) {
        assert(place == .firstMember || place == .nextMember, "no place for a member")
        appendQuoted(name, comma: place == .nextMember, colon: true)
        place = .memberValue
    }

    /// Writes the name of a member that the caller knows to be UTF-8; one value must follow.
    public mutating func name(utf8 name: UnsafeBufferPointer<UInt8>) {
        assert(place == .firstMember || place == .nextMember, "no place for a member")
        appendQuoted(name, comma: place == .nextMember, colon: true)
        place = .memberValue
    }

    @inlinable
    public mutating func member(_ name: String, _ value: some JSONEncodable) {
        self.name(name)
        value.encode(to: &self)
    }

    public mutating func member(_ name: String, _ value: String) {
        assert(place == .firstMember || place == .nextMember, "no place for a member")
        appendMember(name, value, comma: place == .nextMember)
        place = .nextMember
    }

    /// Leaves the member out when there is no value.
    @inlinable
    public mutating func member(_ name: String, ifPresent value: (some JSONEncodable)?) {
        if let value { member(name, value) }
    }

    @inlinable
    public mutating func member(_ name: String, _ value: (inout JSONWriter) -> Void) {
        self.name(name)
        value(&self)
    }

    public mutating func string(_ value: String) {
        let comma = place == .nextElement
        let after = comma ? .nextElement : beginValue()
        appendQuoted(value, comma: comma, colon: false)
        place = after
    }

    /// Writes a string that the caller knows to be UTF-8.
    public mutating func string(utf8 value: UnsafeBufferPointer<UInt8>) {
        let comma = place == .nextElement
        let after = comma ? .nextElement : beginValue()
        appendQuoted(value, comma: comma, colon: false)
        place = after
    }

    public mutating func bool(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    public mutating func null() {
        literal("null")
    }

    /// Writes the value as it is.
    public mutating func raw(_ value: JSONRaw) {
        let after = beginValue()
        // As a buffer, so that nothing is retained: values stand in lists by the hundred.
        value.bytes.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        place = after
    }

    /// Writes bytes that the caller knows to be one JSON value, such as a ``JSONReader/rawRange()`` of a frame.
    public mutating func raw(unchecked value: ArraySlice<UInt8>) {
        let after = beginValue()
        bytes.append(contentsOf: value)
        place = after
    }

    @inlinable
    public mutating func value(_ value: some JSONEncodable) {
        value.encode(to: &self)
    }

    /// Writes text that needs no escaping as a value.
    mutating func literal(_ text: String) {
        let after = beginValue()
        bytes.append(contentsOf: text.utf8)
        place = after
    }

    /// Writes what stands before a value, and tells the place after it.
    @inline(__always)
    mutating func beginValue() -> Place {
        switch place {
        case .root: return .end
        case .memberValue: return .nextMember
        case .firstElement: return .nextElement
        case .nextElement:
            bytes.append(.comma)
            return .nextElement
        case .end, .firstMember, .nextMember:
            assertionFailure("no place for a value")
            return place
        }
    }

    /// Appends what `write` puts into the room it is given.
    @inline(__always)
    mutating func append(upTo count: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: count, initializingWith: write)
    }
}
