import Decimals
import JSONCodec

/// Groups expenses without a category: of one merchant, of similar ones, of similar amounts, of a month.
public enum BulkGroup: RPCMethod {
    public static let name = "bulk.group"
    public static let access = AccessClass.read
    public static let execution = Execution.offloaded

    public typealias Params = OwnerPage

    public struct Result: Sendable, Hashable, JSONCodable {
        public var groups: [ExpenseGroup]

        public init(groups: [ExpenseGroup] = []) {
            self.groups = groups
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var groups: [ExpenseGroup] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "groups": groups = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                groups: groups)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("groups", groups)
            }
        }
    }
}

/// What expenses of a group have in common.
public enum GroupBasis: String, WireWord {
    case merchant
    case similar
    case amount
    case month
}

/// Expenses that could be categorized together.
public struct ExpenseGroup: Sendable, Hashable {
    public var basis: GroupBasis
    public var name: String
    public var ids: [String]
    /// Of all together; missing where they are of several currencies.
    public var amount: ExactDecimal?
    public var amounts: [CurrencyAmount]
    public var confidence: Double

    public init(
        basis: GroupBasis, name: String, ids: [String] = [], amount: ExactDecimal? = nil,
        amounts: [CurrencyAmount] = [],
        confidence: Double
    ) {
        self.basis = basis
        self.name = name
        self.ids = ids
        self.amount = amount
        self.amounts = amounts
        self.confidence = confidence
    }
}

extension ExpenseGroup: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var basis: GroupBasis?
        var name: String?
        var ids: [String] = []
        var amount: ExactDecimal?
        var amounts: [CurrencyAmount] = []
        var confidence: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "basis": basis = try json.value()
            case "name": name = try json.string()
            case "ids": ids = try json.value()
            case "amount": amount = try json.decimal()
            case "amounts": amounts = try json.value()
            case "confidence": confidence = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            basis: try json.require(basis, "basis"), name: try json.require(name, "name"), ids: ids,
            amount: amount, amounts: amounts, confidence: try json.require(confidence, "confidence"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("basis", basis)
            $0.member("name", name)
            $0.member("ids", ids)
            $0.member("amount", ifPresent: amount)
            $0.member("amounts", amounts)
            $0.member("confidence", confidence)
        }
    }
}
