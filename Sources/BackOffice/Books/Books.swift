/// The company's own records: an outside system, by default a SQLite file (``SQLiteBooks``).
///
/// Every method is one request to that system, or one short series of them; none is called while another of the same
/// contractor is under way. Errors are the system's own; a caller loses what it asked for and nothing else.
public protocol Books: Sendable {
    /// Every entry that `query` selects, by id.
    func entries(_ query: EntryQuery) async throws -> [TimesheetEntry]

    /// The active rate of the contractor that holds in some part of the month, the one that began last if there are
    /// several; nil without one.
    func activeRate(of contractor: ContractorID, in month: Month) async throws -> ContractorRate?

    /// The active deployments, by contractor and project; only of contractors whose name on the chat server contains
    /// `discord`, when that is given.
    func activeDeployments(discord: String?) async throws -> [Deployment]

    /// What a run over these contractors will look up. The embedded books read it in bulk, here and now.
    func lookups(month: Month, contractors: [ContractorID]) async throws -> any OrderLookups

    /// The order of the contractor for the month, created as a Draft if there is none.
    func ensureOrder(of contractor: ContractorID, month: Month) async throws -> EnsuredOrder

    /// Makes the line of `draft.order` and `draft.deployment` say what the draft says.
    ///
    /// Without such a line it is created, Pending Feedback. One that says the same hours and entries already is left
    /// alone: nothing is written. Any other gets hours, summary and entries, and it and its order become Pending
    /// Approval, whatever they were. All in one transaction, so two runs that overlap cannot double a line.
    func putLine(_ draft: LineDraft) async throws -> LineWrite

    /// As ``putLine(_:)`` for a line that is there, but writes only hours and entries: no summary, no status.
    func putHours(line: LineID, hours: Hours, entries: [EntryID]) async throws -> LineWrite

    /// Creates the line, a Draft with no hours and no entries, unless it is there.
    func ensureLine(order: OrderID, deployment: DeploymentID) async throws -> LineWrite
}

/// What a contractor's part of a run asks about, one question at a time.
public protocol OrderLookups: Sendable {
    func order(of contractor: ContractorID) async throws -> Order?
    /// The deployment of the pair; its status does not matter.
    func deployment(of contractor: ContractorID, on project: ProjectID) async throws -> Deployment?
    func line(of order: OrderID, for deployment: DeploymentID) async throws -> OrderLine?
}

/// Which timesheet entries a run is about.
public struct EntryQuery: Hashable, Sendable {
    /// The entry's date lies in it.
    public var month: Month
    /// Part of the contractor's name on the chat server, case and all. Being a part, `an` selects `dan` and `anna`.
    public var discord: String?
    /// Part of the entry's title, case and all.
    public var title: String?
    /// Entries of every status; else only the Reviewed.
    public var everyStatus: Bool

    public init(month: Month, discord: String? = nil, title: String? = nil, everyStatus: Bool = false) {
        self.month = month
        self.discord = discord
        self.title = title
        self.everyStatus = everyStatus
    }
}

/// An order, and whether it had to be made.
public struct EnsuredOrder: Hashable, Sendable {
    public var order: Order
    public var created: Bool

    public init(order: Order, created: Bool) {
        self.order = order
        self.created = created
    }
}

/// What a line is to say.
public struct LineDraft: Hashable, Sendable {
    public var order: OrderID
    public var deployment: DeploymentID
    public var hours: Hours
    public var summary: String
    public var entries: [EntryID]

    public init(order: OrderID, deployment: DeploymentID, hours: Hours, summary: String, entries: [EntryID]) {
        self.order = order
        self.deployment = deployment
        self.hours = hours
        self.summary = summary
        self.entries = entries
    }
}

/// A line, and what became of it.
public struct LineWrite: Hashable, Sendable {
    public enum Change: Hashable, Sendable { case created, updated, unchanged }

    public var line: LineID
    public var change: Change

    public init(line: LineID, change: Change) {
        self.line = line
        self.change = change
    }
}

/// What the books refuse.
public enum BooksError: Error, Hashable, CustomStringConvertible {
    case noContractor(ContractorID)
    case noOrder(OrderID)
    case noDeployment(DeploymentID)
    case noLine(LineID)
    case noBrief(person: String, day: Day)
    /// The order says something else than when it was read.
    case changed(OrderID)
    /// A source has several live payouts, of which at most one can be meant.
    case doubled(PayoutSource, [PayoutID])
    /// What stands in the database is no value of its column.
    case damaged(table: String, id: String, column: String)

    public var description: String {
        switch self {
        case .noContractor(let id): "the books hold no contractor \(id)"
        case .noOrder(let id): "the books hold no order \(id)"
        case .noDeployment(let id): "the books hold no deployment \(id)"
        case .noLine(let id): "the books hold no line \(id)"
        case .noBrief(let person, let day): "the books hold no brief of \(person) on \(day)"
        case .changed(let id): "the order \(id) has changed since it was read"
        case .doubled(let source, let payouts):
            "\(source) has more than one payout: \(payouts.map(\.text).joined(separator: ", ")); cancel all but one by hand"
        case .damaged(let table, let id, let column): "\(column) of \(table) \(id) is damaged"
        }
    }
}
