import JSONCodec

/// The number of a job: given in order of submission, never used again, short enough to be typed.
public struct JobID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    public var description: String { String(rawValue) }

    public static func < (lhs: JobID, rhs: JobID) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension JobID: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        let number = try json.int64()
        guard number > 0 else { throw json.invalid("a job id is a positive number, not \(number)") }
        self.init(number)
    }

    public func encode(to json: inout JSONWriter) {
        json.integer(rawValue)
    }
}
