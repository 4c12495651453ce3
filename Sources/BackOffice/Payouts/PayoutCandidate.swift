import Decimals
import JSONCodec

/// What a run looks at: one order, refund request or split.
public enum PayoutCandidate: Hashable, Sendable {
    case order(PayableOrder)
    case refund(RefundRequest)
    case split(InvoiceSplit)

    public var source: PayoutSource {
        switch self {
        case .order(let order): .order(order.id)
        case .refund(let refund): .refund(refund.id)
        case .split(let split): .split(split.id)
        }
    }

    /// Who is to be paid; nil when the books do not know.
    public var person: ContractorID? {
        switch self {
        case .order(let order): order.contractor
        case .refund(let refund): refund.contractor
        case .split(let split): split.person
        }
    }

    private var date: Day? {
        switch self {
        case .order(let order): order.date
        case .refund(let refund): refund.dateRequested
        case .split(let split): split.month
        }
    }

    /// By person, those without first; then by day, then by id.
    static func comesBefore(_ one: Self, _ other: Self) -> Bool {
        func key(_ candidate: Self) -> (ContractorID, String, BookID<Void>) {
            (candidate.person ?? "", candidate.date?.description ?? "", BookID(candidate.source.id))
        }
        return key(one) < key(other)
    }
}

extension PayoutCandidate: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var candidate: PayoutCandidate?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "order": candidate = .order(try json.value())
            case "refund": candidate = .refund(try json.value())
            case "split": candidate = .split(try json.value())
            default: try json.unknownMember(key)
            }
        }
        self = try json.require(candidate, "order")
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            switch self {
            case .order(let order): $0.member("order", order)
            case .refund(let refund): $0.member("refund", refund)
            case .split(let split): $0.member("split", split)
            }
        }
    }
}

extension Day: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        guard let day = Day(try json.string()) else { throw json.invalid("is not a day; 2025-01-31 is the form") }
        self = day
    }

    public func encode(to json: inout JSONWriter) { json.string(description) }
}

extension PayableOrder: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: OrderID?, contractor: ContractorID?, name = "", discord = ""
        var date: Day?, hours: Hours?, fault: String?, revision: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "contractor": contractor = try json.value()
            case "name": name = try json.string()
            case "discord": discord = try json.string()
            case "date": date = try json.value()
            case "hours": hours = try json.decimal()
            case "fault": fault = try json.value()
            case "revision": revision = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            id: try json.require(id, "id"), contractor: contractor, contractorName: name, discord: discord, date: date,
            hours: try json.require(hours, "hours"), fault: fault, revision: revision)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("contractor", ifPresent: contractor)
            $0.member("name", contractorName)
            $0.member("discord", discord)
            $0.member("date", ifPresent: date)
            $0.member("hours", hours)
            $0.member("fault", ifPresent: fault)
            $0.member("revision", ifPresent: revision)
        }
    }
}

extension RefundRequest: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: RefundID?, refundID = "", amount: ExactDecimal?, currency: Currency?
        var contractor: ContractorID?, name = "", reason = "", description = "", formatted = "", details = ""
        var date: Day?, fault: String?, revision: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "refund_id": refundID = try json.string()
            case "amount": amount = try json.decimal()
            case "currency": currency = try json.value()
            case "contractor": contractor = try json.value()
            case "name": name = try json.string()
            case "reason": reason = try json.string()
            case "description": description = try json.string()
            case "formatted": formatted = try json.string()
            case "details": details = try json.string()
            case "date": date = try json.value()
            case "fault": fault = try json.value()
            case "revision": revision = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            id: try json.require(id, "id"), refundID: refundID,
            money: Money(try json.require(amount, "amount"), try json.require(currency, "currency")),
            contractor: contractor, contractorName: name, reason: reason, description: description,
            formattedDescription: formatted, details: details, dateRequested: date, revision: revision)
        self.fault = fault
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("refund_id", refundID)
            $0.member("amount", money.amount)
            $0.member("currency", money.currency)
            $0.member("contractor", ifPresent: contractor)
            $0.member("name", contractorName)
            $0.member("reason", reason)
            $0.member("description", description)
            $0.member("formatted", formattedDescription)
            $0.member("details", details)
            $0.member("date", ifPresent: dateRequested)
            $0.member("fault", ifPresent: fault)
            $0.member("revision", ifPresent: revision)
        }
    }
}

extension InvoiceSplit: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: SplitID?, name = "", autoName = "", amount: ExactDecimal?, currency: Currency?
        var role = "", type = "", person: ContractorID?, month: Day?, description = "", fault: String?,
            revision: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "name": name = try json.string()
            case "auto_name": autoName = try json.string()
            case "amount": amount = try json.decimal()
            case "currency": currency = try json.value()
            case "role": role = try json.string()
            case "type": type = try json.string()
            case "person": person = try json.value()
            case "month": month = try json.value()
            case "description": description = try json.string()
            case "fault": fault = try json.value()
            case "revision": revision = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            id: try json.require(id, "id"), name: name, autoName: autoName,
            money: Money(try json.require(amount, "amount"), try json.require(currency, "currency")), role: role,
            type: type, person: person, month: month, description: description, revision: revision)
        self.fault = fault
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("auto_name", autoName)
            $0.member("amount", money.amount)
            $0.member("currency", money.currency)
            $0.member("role", role)
            $0.member("type", type)
            $0.member("person", ifPresent: person)
            $0.member("month", ifPresent: month)
            $0.member("description", description)
            $0.member("fault", ifPresent: fault)
            $0.member("revision", ifPresent: revision)
        }
    }
}
