import Decimals

/// A payment to a contractor, on record.
public struct Payout: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        case new = "New"
        case pending = "Pending"
        case paid = "Paid"
        /// Not to be paid. Its source may be paid by another payout.
        case cancelled = "Cancelled"
    }

    public var id: PayoutID
    public var name: String
    public var money: Money
    public var date: Day?
    public var paidDate: Day?
    public var description: String
    public var status: Status
    /// Who gets it.
    public var person: ContractorID
    /// What it is for; nil for an extra payment. Of the payouts of one source at most one is not cancelled.
    public var source: PayoutSource?
    /// The rate an order was paid by.
    public var rate: RateID?

    public init(
        id: PayoutID, name: String, money: Money, date: Day?, paidDate: Day? = nil, description: String,
        status: Status, person: ContractorID, source: PayoutSource?, rate: RateID? = nil
    ) {
        self.id = id
        self.name = name
        self.money = money
        self.date = date
        self.paidDate = paidDate
        self.description = description
        self.status = status
        self.person = person
        self.source = source
        self.rate = rate
    }

    /// What the payment is called by its source.
    public var type: PayoutType { PayoutType(of: source, description: description) }
}

/// What a payout is for.
public enum PayoutSource: Hashable, Sendable {
    case order(OrderID)
    case refund(RefundID)
    case split(SplitID)

    public enum Kind: String, CaseIterable, Sendable { case order, refund, split }

    public var kind: Kind {
        switch self {
        case .order: .order
        case .refund: .refund
        case .split: .split
        }
    }

    /// The id of the order, the refund request or the split.
    public var id: String {
        switch self {
        case .order(let id): id.text
        case .refund(let id): id.text
        case .split(let id): id.text
        }
    }

    public init(_ kind: Kind, id: String) {
        switch kind {
        case .order: self = .order(OrderID(id))
        case .refund: self = .refund(RefundID(id))
        case .split: self = .split(SplitID(id))
        }
    }
}

extension PayoutSource: CustomStringConvertible {
    /// "order ord-202511-ada"
    public var description: String { "\(kind.rawValue) \(id)" }
}

/// What a payment is called; it follows from its source.
public enum PayoutType: String, Sendable {
    case serviceFee = "Service Fee"
    case refund = "Refund"
    case commission = "Commission"
    case extraPayment = "Extra Payment"

    /// A split that pays for leading a delivery or looking after an account is a service fee, unless its description calls
    /// it an incentive, commission, bonus or supplement.
    init(of source: PayoutSource?, description: String) {
        switch source {
        case .order: self = .serviceFee
        case .refund: self = .refund
        case .split: self = Self.isService(description.lowercased()) ? .serviceFee : .commission
        case nil: self = .extraPayment
        }
    }

    private static func isService(_ description: String) -> Bool {
        let duties = ["delivery lead", "account management"]
        let rewards = ["incentive", "commission", "bonus", "supplemental"]
        return duties.contains { description.contains($0) } && !rewards.contains { description.contains($0) }
    }
}
