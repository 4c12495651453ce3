import Decimals

/// What a contractor is paid by, from one day to another.
public struct ContractorRate: Hashable, Sendable {
    public var id: RateID
    public var contractor: ContractorID
    /// `Active`, or another word of the company's.
    public var status: String
    /// The first day on which it holds; nil: since ever.
    public var startDate: Day?
    /// The last day on which it holds; nil: without end.
    public var endDate: Day?
    /// The day of the month: 1 or 15; 0 when none is set.
    public var payday: Int
    public var billingType: BillingType
    /// For a whole month.
    public var monthlyFixed: ExactDecimal?
    public var hourlyRate: ExactDecimal?
    /// The fixed amount before deductions; kept for the record, nothing is computed from it.
    public var grossFixed: ExactDecimal?
    /// Of all its amounts; nil when nobody said.
    public var currency: Currency?

    public static let active = "Active"
    public static let paydays = [0, 1, 15]

    public init(
        id: RateID, contractor: ContractorID, status: String = ContractorRate.active, startDate: Day? = nil,
        endDate: Day? = nil, payday: Int, billingType: BillingType = .unsaid, monthlyFixed: ExactDecimal? = nil,
        hourlyRate: ExactDecimal? = nil, grossFixed: ExactDecimal? = nil, currency: Currency? = nil
    ) {
        self.id = id
        self.contractor = contractor
        self.status = status
        self.startDate = startDate
        self.endDate = endDate
        self.payday = payday
        self.billingType = billingType
        self.monthlyFixed = monthlyFixed
        self.hourlyRate = hourlyRate
        self.grossFixed = grossFixed
        self.currency = currency
    }

    /// Whether it holds on that day, its first and last included.
    public func isValid(on day: Day) -> Bool {
        if let startDate, day < startDate { return false }
        if let endDate, endDate < day { return false }
        return true
    }

    /// The order in which rates of one contractor are tried: what began last comes first, what has no beginning last;
    /// of those that began together the one with the least id.
    public static func isPreferred(_ one: ContractorRate, to other: ContractorRate) -> Bool {
        switch (one.startDate, other.startDate) {
        case (let start?, let otherStart?) where start != otherStart: start > otherStart
        case (_?, nil): true
        case (nil, _?): false
        default: one.id < other.id
        }
    }

    /// The day of the month by which an invoice is due: the 25th for the payday 15, else the 10th.
    public var invoiceDueDay: Int { payday == 15 ? 25 : 10 }
}

/// How work is billed: the company's own words, two of which mean a fixed amount.
public struct BillingType: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    public static let monthlyFixed = BillingType("Monthly Fixed")
    public static let hourly = BillingType("Hourly Rate")
    public static let mixed = BillingType("Mixed")
    /// Those that have a meaning here.
    public static let known = [monthlyFixed, hourly, mixed]
    /// Nobody said; bills by the hour, as every unknown word does.
    public static let unsaid = BillingType("")

    /// Whether the month's fixed amount is paid; else hours are.
    public var isFixed: Bool { self == .monthlyFixed || self == .mixed }

    public var description: String { text }
}
