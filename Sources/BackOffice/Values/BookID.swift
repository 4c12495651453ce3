import JSONCodec

/// The id of a record in the books: text of the outside system's choosing, compared byte by byte.
///
/// Comparing bytes and not characters keeps Swift and the database of one mind about which ids are the same and which
/// comes first.
public struct BookID<Of>: Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// The longest id the books take, in bytes.
    public static var maximumLength: Int { 200 }

    /// What is wrong with `text` as an id, or nil.
    public static func fault(in text: String) -> String? {
        if text.isEmpty { return "is empty" }
        if text.utf8.count > maximumLength { return "is longer than \(maximumLength) bytes" }
        if text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            return "holds a control character"
        }
        return nil
    }
}

extension BookID: Hashable, Comparable {
    public static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }
}

extension BookID: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { text }

    public init(stringLiteral text: String) { self.init(text) }
}

extension BookID: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) { self.init(try json.string()) }

    public func encode(to json: inout JSONWriter) { json.value(text) }
}

public typealias ContractorID = BookID<Contractor>
public typealias ProjectID = BookID<Project>
public typealias DeploymentID = BookID<Deployment>
public typealias RateID = BookID<ContractorRate>
public typealias EntryID = BookID<TimesheetEntry>
public typealias OrderID = BookID<Order>
public typealias LineID = BookID<OrderLine>
public typealias RefundID = BookID<RefundRequest>
public typealias SplitID = BookID<InvoiceSplit>
public typealias PayoutID = BookID<Payout>
