import Decimals

/// Money a contractor laid out and wants back.
public struct RefundRequest: Hashable, Sendable {
    public var id: RefundID
    /// The number people call it by.
    public var refundID: String
    /// Means nothing where there is a ``fault``.
    public var money: Money
    /// Nil when the books do not know who asks.
    public var contractor: ContractorID?
    /// Empty when the books have none.
    public var contractorName: String
    public var reason: String
    public var description: String
    /// The description as a payout is to bear it, where somebody wrote one.
    public var formattedDescription: String
    /// What it is about, summed up; takes the place of the formatted description.
    public var details: String
    public var dateRequested: Day?
    /// `Approved`, or another word of the company's.
    public var status: String
    /// Why it cannot be paid as it stands; nil when nothing is known to be wrong with it.
    public var fault: String?
    /// See ``PayoutDraft/revision``.
    public var revision: String?

    public static let approved = "Approved"

    public init(
        id: RefundID, refundID: String, money: Money, contractor: ContractorID?, contractorName: String = "",
        reason: String = "", description: String = "", formattedDescription: String = "", details: String = "",
        dateRequested: Day? = nil, status: String = RefundRequest.approved, revision: String? = nil
    ) {
        self.id = id
        self.refundID = refundID
        self.money = money
        self.contractor = contractor
        self.contractorName = contractorName
        self.reason = reason
        self.description = description
        self.formattedDescription = formattedDescription
        self.details = details
        self.dateRequested = dateRequested
        self.status = status
        self.revision = revision
    }
}
