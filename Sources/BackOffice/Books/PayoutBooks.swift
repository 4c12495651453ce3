/// What paying contractors asks of the books; see ``Books`` for what the books are.
///
/// The reads of a run are few and large: one for the candidates, then one each for rates, payouts that are there and
/// positions of all of them. A system that answers in pages turns each into as many requests as it needs, and may stop
/// where the method says so. Nobody is asked anything when the list of keys is empty.
public protocol PayoutBooks: Sendable {
    /// The orders that `query` selects, with what their lines add up to.
    func payableOrders(_ query: PayableOrderQuery) async throws -> [PayableOrder]

    /// Every refund request that is Approved.
    func approvedRefunds() async throws -> [RefundRequest]

    /// Every split that is Pending and of one of the ``InvoiceSplit/payableTypes``.
    func pendingSplits() async throws -> [InvoiceSplit]

    /// The Active rates of the contractors in `needs`, those of each in the order of
    /// ``ContractorRate/isPreferred(_:to:)``.
    ///
    /// May stop once ``RateNeeds/areMet(by:)`` what was found so far, if pages come in that order. Whether a rate holds on
    /// a day is the caller's to judge.
    func rates(_ needs: RateNeeds) async throws -> [ContractorRate]

    /// The payouts, other than Cancelled ones, whose source is one of these: of each source the first, which bears the
    /// others.
    func livePayouts(of sources: [PayoutSource]) async throws -> [PayoutSource: LivePayout]

    /// The positions of these contractors; one without any may be missing.
    ///
    /// A system that reads them one by one reads each once, at most ``SideBySide/positionReads`` at a time, and leaves out
    /// whose read fails. A run goes on without positions when this throws.
    func positions(of contractors: [ContractorID]) async throws -> [ContractorID: [String]]

    /// Creates the payout, Pending, unless its source has one that is not Cancelled, or is not what the draft says it was.
    ///
    /// The books themselves see to it that a source has no two live payouts, whoever asks at the same time. Where they
    /// cannot, they look before and after: of two runs at once either takes its own back, also when it is taken up again.
    /// - Throws: `BooksError.doubled` where others have made more than one.
    func create(_ draft: PayoutDraft) async throws -> PayoutWrite

    /// Makes the order and each of its lines Completed, at most so many lines side by side.
    ///
    /// - Throws: `BooksError.changed` when the order is not what `revision` says it was; then it is left alone.
    func complete(_ order: OrderID, revision: String?, linesAtOnce: Int) async throws
}

/// Which orders a payroll is about.
public struct PayableOrderQuery: Hashable, Sendable {
    /// Orders of this month; nil takes all.
    public var month: Month?
    /// Orders of every status; else only the Approved.
    public var everyStatus: Bool
    /// Whom the caller is going to pick by ``PayableOrder/isOf(_:)``. The books need not: they answer with everybody's
    /// orders. But where no order shows this as an id or a name on the chat server, it has to be somebody's name, and one
    /// that cannot be read is an error.
    public var contractor: String?

    public init(month: Month? = nil, everyStatus: Bool = false, contractor: String? = nil) {
        self.month = month
        self.everyStatus = everyStatus
        self.contractor = contractor
    }
}

/// On which days whose rates are asked for.
public struct RateNeeds: Hashable, Sendable {
    public private(set) var days: [ContractorID: Set<Day>] = [:]

    public init() {}

    public mutating func add(_ contractor: ContractorID, on day: Day) { days[contractor, default: []].insert(day) }

    /// In the order of their ids.
    public var contractors: [ContractorID] { days.keys.sorted() }

    /// Whether each contractor has a rate that holds on each of the days; and where that began within the day's month, one
    /// that began before it, so that it is seen what held in the month until then.
    public func areMet(by rates: [ContractorRate]) -> Bool {
        let found = Dictionary(grouping: rates, by: \.contractor)
        return days.allSatisfy { contractor, days in
            let rates = found[contractor, default: []]
            return days.allSatisfy { day in
                guard let rate = rates.filter({ $0.isValid(on: day) }).min(by: ContractorRate.isPreferred) else {
                    return false
                }
                guard let start = rate.startDate, Month(of: day).firstDay < start else { return true }
                return rates.contains { $0.startDate.map { $0 < start } ?? true }
            }
        }
    }
}

/// A payout that keeps its source from being paid again.
public struct LivePayout: Hashable, Sendable {
    public var id: PayoutID
    /// The ``PayoutDraft/run`` that made it; nil when the books do not keep it.
    public var run: String?
    /// What it pays; nil when the books do not say.
    public var money: Money?
    /// The other live payouts of its source. Books that refuse a second one know none; in others all but one are to be
    /// cancelled.
    public var others: [LivePayout]

    public init(id: PayoutID, run: String? = nil, money: Money? = nil, others: [LivePayout] = []) {
        self.id = id
        self.run = run
        self.money = money
        self.others = others
    }
}

/// A payout that is to be.
public struct PayoutDraft: Hashable, Sendable {
    public var source: PayoutSource
    public var name: String
    public var money: Money
    public var date: Day?
    public var description: String
    public var person: ContractorID
    public var rate: RateID?
    /// Which run makes it. A run that is taken up again after a crash knows by it what it made itself.
    public var run: String
    /// What the source said when the amount was computed. Books that can tell refuse to pay for a source that says
    /// something else by now; nil asks for no such care.
    public var revision: String?

    public init(
        source: PayoutSource, name: String, money: Money, date: Day?, description: String, person: ContractorID,
        rate: RateID? = nil, run: String, revision: String? = nil
    ) {
        self.source = source
        self.name = name
        self.money = money
        self.date = date
        self.description = description
        self.person = person
        self.rate = rate
        self.run = run
        self.revision = revision
    }
}

/// What became of a draft.
public enum PayoutWrite: Hashable, Sendable {
    case created(PayoutID)
    /// The source has a payout that is not Cancelled; nothing was written.
    case alreadyThere(LivePayout)
    /// The source is not what it was when it was read; nothing was written.
    case changed
}
