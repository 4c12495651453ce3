import Decimals

/// One person's part of what a client's invoice brings.
public struct InvoiceSplit: Hashable, Sendable {
    public var id: SplitID
    public var name: String
    /// The name the books make of its parts; the one it is looked for by.
    public var autoName: String
    /// Means nothing where there is a ``fault``.
    public var money: Money
    /// Sales, Account Manager, Delivery Lead, Hiring Referral, or another word of the company's.
    public var role: String
    /// Commission, Bonus, Fee, Service Fee, or another word of the company's.
    public var type: String
    /// Nil when the books do not know whose it is.
    public var person: ContractorID?
    /// A day of the month it is for.
    public var month: Day?
    public var description: String
    /// `Pending`, or another word of the company's.
    public var status: String
    /// Why it cannot be paid as it stands; nil when nothing is known to be wrong with it.
    public var fault: String?
    /// See ``PayoutDraft/revision``.
    public var revision: String?

    public static let pending = "Pending"
    /// Splits of other types are not paid.
    public static let payableTypes = ["Commission", "Bonus", "Fee", "Service Fee"]

    public init(
        id: SplitID, name: String, autoName: String, money: Money, role: String = "", type: String,
        person: ContractorID?, month: Day? = nil, description: String = "", status: String = InvoiceSplit.pending,
        revision: String? = nil
    ) {
        self.id = id
        self.name = name
        self.autoName = autoName
        self.money = money
        self.role = role
        self.type = type
        self.person = person
        self.month = month
        self.description = description
        self.status = status
        self.revision = revision
    }
}
