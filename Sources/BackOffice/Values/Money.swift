import Decimals
import JSONCodec

/// A currency by its three letters (ISO 4217): `VND`, `USD`.
public struct Currency: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let code: String

    /// Nil for anything but three letters A to Z.
    public init?(_ code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else { return nil }
        self.code = code
    }

    private init(known code: String) { self.code = code }

    public static let vnd = Currency(known: "VND")
    public static let usd = Currency(known: "USD")
    /// No currency, by the standard's own code for that: of money that nobody has stated.
    public static let none = Currency(known: "XXX")

    public static func < (left: Self, right: Self) -> Bool { left.code < right.code }

    public var description: String { code }
}

extension Currency: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        guard let currency = Currency(try json.string()) else {
            throw json.invalid("is no currency; three letters as in USD are")
        }
        self = currency
    }

    public func encode(to json: inout JSONWriter) { json.string(code) }
}

/// An exact amount in a currency.
public struct Money: Hashable, Sendable, CustomStringConvertible {
    public var amount: ExactDecimal
    public var currency: Currency

    public init(_ amount: ExactDecimal, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    /// "16957000 VND"
    public var description: String { "\(amount) \(currency)" }
}
