extension JSONReader {
    /// For the `default:` of a strict object: the member nobody reads.
    ///
    /// Call it inside the callback of ``object(_:)``, which puts the name into the error's path.
    public func unknownMember(_ name: String) throws(JSONError) -> Never {
        throw JSONError(.unknownMember, offset: position, "the member is not known here")
    }

    /// The value that the object must have held under the name `member`.
    ///
    /// - Throws: ``JSONError/Kind/missingMember`` with `member` as the path.
    @inlinable
    public func require<T>(_ value: T?, _ member: String) throws(JSONError) -> T {
        guard let value else { throw missing(member) }
        return value
    }

    @usableFromInline
    func missing(_ member: String) -> JSONError {
        JSONError(.missingMember, offset: position, path: member, "the member is missing")
    }

    /// An error for a value that is well-formed but not acceptable to the type that reads it; the caller throws it.
    public func invalid(_ message: String) -> JSONError {
        JSONError(.invalid, offset: position, message)
    }

    @inline(never)
    func expected(_ what: String) -> JSONError {
        position < bytes.count
            ? JSONError(.syntax, offset: position, "expected \(what)")
            : JSONError(.syntax, offset: position, "the text ends where \(what) should stand")
    }

    @inline(never)
    func noValue(at offset: Int) -> JSONError {
        offset < bytes.count
            ? JSONError(.syntax, offset: offset, "expected a value")
            : JSONError(.syntax, offset: offset, "the text ends where a value should stand")
    }

    /// The next value begins like another type, or like none.
    @inline(never)
    func wrongType(_ expected: String) -> JSONError {
        guard position < bytes.count, let kind = JSONKind(firstByte: bytes[position]) else {
            return noValue(at: position)
        }
        return JSONError(
            .wrongType(expected: expected), offset: position, "expected \(expected), found \(kind.rawValue)")
    }

    @inline(never)
    func tooDeep(at offset: Int) -> JSONError {
        JSONError(.depth, offset: offset, "nested deeper than \(limits.depth) levels")
    }
}

extension JSONError {
    @inline(never)
    static func syntax(_ message: String, at offset: Int) -> JSONError {
        JSONError(.syntax, offset: offset, message)
    }
}
