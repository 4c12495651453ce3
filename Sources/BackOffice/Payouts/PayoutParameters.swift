import JSONCodec

/// What is paid for in one run.
public enum PayoutRunType: String, CaseIterable, Sendable {
    case payroll = "contractor_payroll"
    case refund
    case split = "invoice_split"

    /// The word on the command line; jobs take it too.
    public var shortName: String {
        switch self {
        case .payroll: "payroll"
        case .refund: "refund"
        case .split: "invoice-split"
        }
    }

    public init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.rawValue == name || $0.shortName == name }) else { return nil }
        self = type
    }

    /// What its payouts are called in the answer.
    public var payoutType: PayoutType {
        switch self {
        case .payroll: .serviceFee
        case .refund: .refund
        case .split: .commission
        }
    }
}

/// What a run of payouts is asked for.
public struct PayoutParameters: Hashable, Sendable {
    public var type: PayoutRunType
    /// Payroll: only orders of the contractor with exactly this name, id or name on the chat server.
    public var contractor: String?
    /// Payroll: only orders of this month.
    public var month: Month?
    /// Payroll: only contractors whose rate has this payday.
    public var payDay: Int?
    /// Refunds: only those whose Refund ID contains this; splits: whose auto name does. Capital letters do not matter.
    public var id: String?
    /// Payroll: orders of every status, not only the Approved.
    public var force: Bool
    /// Say what would be paid, and write nothing.
    public var dryRun: Bool

    public init(
        type: PayoutRunType = .payroll, contractor: String? = nil, month: Month? = nil, payDay: Int? = nil,
        id: String? = nil, force: Bool = false, dryRun: Bool = false
    ) {
        self.type = type
        self.contractor = contractor
        self.month = month
        self.payDay = payDay
        self.id = id
        self.force = force
        self.dryRun = dryRun
    }
}

extension PayoutParameters: JSONCodable {
    /// A filter that the type does not have is refused: to pass it over would pay more people than were meant.
    public init(from json: inout JSONReader) throws(JSONError) {
        self.init()
        var given: [(name: String, offset: Int)] = []
        try json.parameters { key, json throws(JSONError) in
            let offset = json.offset
            switch key {
            case "type": type = try Self.type(&json)
            case "contractor": contractor = try SyncParameters.filter(&json)?.trimmed
            case "month": month = try json.value()
            case "payDay": payDay = try Self.payDay(&json)
            case "id": id = try SyncParameters.filter(&json)?.trimmed
            case "force": force = try json.bool()
            case "dryRun": dryRun = try json.bool()
            default: try json.unknownMember(key)
            }
            given.append((key, offset))
        }
        if contractor?.isEmpty == true { contractor = nil }
        if id?.isEmpty == true { id = nil }
        for (name, offset) in given where isForeign(name) {
            throw JSONError(
                .invalid, offset: offset, path: name, "is no parameter of the type \(type.shortName)")
        }
    }

    private func isForeign(_ name: String) -> Bool {
        switch name {
        case "contractor": type != .payroll && contractor != nil
        case "month": type != .payroll && month != nil
        case "payDay": type != .payroll && payDay != nil
        case "force": type != .payroll && force
        case "id": type == .payroll && id != nil
        default: false
        }
    }

    private static func type(_ json: inout JSONReader) throws(JSONError) -> PayoutRunType {
        let start = json.offset
        guard let type = PayoutRunType(name: try json.string()) else {
            throw JSONError(
                .invalid, offset: start, "is no type of payouts; payroll, refund and invoice-split are")
        }
        return type
    }

    /// A day of a month as a number or as text; null and an empty text are no filter.
    private static func payDay(_ json: inout JSONReader) throws(JSONError) -> Int? {
        if try json.null() { return nil }
        let start = json.offset
        let day: Int?
        if try json.kind() == .string {
            let text = try json.string().trimmed
            if text.isEmpty { return nil }
            day = Int(text)
        } else {
            day = try json.int()
        }
        guard let day, (1...31).contains(day) else {
            throw JSONError(.invalid, offset: start, "is no day of a month; 1 and 15 are paydays")
        }
        return day
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("type", type.rawValue)
            $0.member("contractor", ifPresent: contractor)
            $0.member("month", ifPresent: month)
            $0.member("payDay", ifPresent: payDay)
            $0.member("id", ifPresent: id)
            if force { $0.member("force", true) }
            if dryRun { $0.member("dryRun", true) }
        }
    }
}
