import Decimals
import JSONCodec

/// What became of a candidate.
public enum PayoutStatus: String, Sendable {
    case created, skipped, error
    /// Of a dry run: would be created.
    case planned
}

/// One candidate in the answer of a run.
public enum PayoutDetail: Hashable, Sendable {
    case payroll(PayrollDetail)
    case refund(RefundDetail)
    case split(SplitDetail)

    /// What is known of a candidate before it is looked at.
    public init(_ candidate: PayoutCandidate) {
        switch candidate {
        case .order(let order): self = .payroll(PayrollDetail(order))
        case .refund(let refund): self = .refund(RefundDetail(refund))
        case .split(let split): self = .split(SplitDetail(split))
        }
    }

    /// A candidate of which nothing but its id is known, for its part of the run was lost.
    public init(lost id: String, _ type: PayoutRunType, reason: String) {
        switch type {
        case .payroll:
            self = .payroll(PayrollDetail(PayableOrder(id: OrderID(id), contractor: nil, date: nil, hours: 0)))
        case .refund: self = .refund(RefundDetail(refund: RefundID(id)))
        case .split: self = .split(SplitDetail(split: SplitID(id)))
        }
        outcome.status = .error
        outcome.reason = reason
    }

    /// What is paid; nil when that is not known.
    public var money: Money? {
        get {
            switch self {
            case .payroll(let detail): detail.money
            case .refund(let detail): detail.money
            case .split(let detail): detail.money
            }
        }
        set {
            switch self {
            case .payroll(var detail):
                detail.money = newValue
                self = .payroll(detail)
            case .refund(var detail):
                detail.money = newValue
                self = .refund(detail)
            case .split(var detail):
                detail.money = newValue
                self = .split(detail)
            }
        }
    }

    public var outcome: PayoutOutcome {
        get {
            switch self {
            case .payroll(let detail): detail.outcome
            case .refund(let detail): detail.outcome
            case .split(let detail): detail.outcome
            }
        }
        set {
            switch self {
            case .payroll(var detail):
                detail.outcome = newValue
                self = .payroll(detail)
            case .refund(var detail):
                detail.outcome = newValue
                self = .refund(detail)
            case .split(var detail):
                detail.outcome = newValue
                self = .split(detail)
            }
        }
    }
}

/// How it went with a candidate.
public struct PayoutOutcome: Hashable, Sendable {
    public var status = PayoutStatus.skipped
    /// Why not, for skipped and error.
    public var reason: String?
    /// The payout that was made or was there.
    public var payout: PayoutID?
}

/// An order in the answer of a payroll.
public struct PayrollDetail: Hashable, Sendable {
    public var order: OrderID
    public var contractorName: String
    public var contractor: ContractorID?
    public var month: Month?
    public var hours: Hours
    public var outcome = PayoutOutcome()
    /// Nil until it was computed.
    public var money: Money?
    public var billingType: BillingType?
    /// What somebody should know of the amount; nil when there is nothing.
    public var note: String?
    /// Of a dry run: how the amount came about.
    public var calculation: String?
    /// Of a dry run: the day of the following month by which the contractor's invoice is due.
    public var invoiceDueDay: Int?

    init(_ order: PayableOrder) {
        self.order = order.id
        contractorName = order.contractorName
        contractor = order.contractor
        month = order.month
        hours = order.hours
    }
}

/// A refund request in the answer of a run.
public struct RefundDetail: Hashable, Sendable {
    public var refund: RefundID
    public var refundID = ""
    public var contractor: ContractorID?
    public var contractorName = ""
    public var money: Money?
    public var reason = ""
    public var outcome = PayoutOutcome()

    init(refund: RefundID) { self.refund = refund }

    init(_ request: RefundRequest) {
        refund = request.id
        refundID = request.refundID
        contractor = request.contractor
        contractorName = request.contractorName
        money = request.fault == nil ? request.money : nil
        reason = request.reason
    }
}

/// A split in the answer of a run.
public struct SplitDetail: Hashable, Sendable {
    public var split: SplitID
    public var name = ""
    public var type = ""
    public var person: ContractorID?
    public var money: Money?
    public var role = ""
    public var outcome = PayoutOutcome()

    init(split: SplitID) { self.split = split }

    init(_ part: InvoiceSplit) {
        split = part.id
        name = part.name
        type = part.type
        person = part.person
        money = part.fault == nil ? part.money : nil
        role = part.role
    }
}
