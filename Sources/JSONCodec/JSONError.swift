/// Why a text was refused, where it stands, and which value it concerns.
public struct JSONError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Not JSON by RFC 8259.
        case syntax
        /// Not UTF-8.
        case encoding
        /// Nested deeper than ``JSONLimits/depth``.
        case depth
        /// An object names the same member twice.
        case duplicateMember
        /// A member that must be there is not.
        case missingMember
        /// A member that nobody reads.
        case unknownMember
        /// Well-formed, but another type than the one named here ("string", "integer").
        case wrongType(expected: String)
        /// A number that the type asked for cannot hold exactly (a `Double`: at all).
        case outOfRange
        /// Something follows the value.
        case trailing
        /// The reading type refuses the value; see the message.
        case invalid
    }

    public let kind: Kind
    /// Bytes from the start of the reader's input.
    public let offset: Int
    /// The value concerned, as `params.policy.attempts` or `jobs[3].kind`; empty at the root.
    public let path: String
    /// What is wrong, in lower case, without the place.
    public let message: String

    public init(_ kind: Kind, offset: Int, path: String = "", _ message: String) {
        self.kind = kind
        self.offset = offset
        self.path = path
        self.message = message
    }

    /// The same error seen from the object that holds the value as `member`.
    public func inside(member: String) -> JSONError {
        let separator = path.isEmpty || path.utf8.first == UInt8(ascii: "[") ? "" : "."
        return JSONError(kind, offset: offset, path: member + separator + path, message)
    }

    /// The same error seen from the array that holds the value at `index`.
    public func inside(index: Int) -> JSONError {
        let separator = path.isEmpty || path.utf8.first == UInt8(ascii: "[") ? "" : "."
        return JSONError(kind, offset: offset, path: "[\(index)]" + separator + path, message)
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        let place = "at byte \(offset)"
        return path.isEmpty ? "\(message) \(place)" : "\(path): \(message) \(place)"
    }
}
