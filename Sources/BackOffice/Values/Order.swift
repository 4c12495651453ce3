import Decimals

/// Where an order or a line of one stands.
public enum OrderStatus: String, CaseIterable, Sendable {
    case draft = "Draft"
    case pendingFeedback = "Pending Feedback"
    case pendingApproval = "Pending Approval"
    case approved = "Approved"
    case completed = "Completed"
}

/// What one contractor did in one month; there is at most one for each such pair.
public struct Order: Hashable, Sendable {
    public var id: OrderID
    public var contractor: ContractorID
    public var month: Month
    public var title: String
    public var status: OrderStatus

    /// The last day of the month.
    public var date: Day { month.lastDay }

    public init(id: OrderID, contractor: ContractorID, month: Month, title: String, status: OrderStatus) {
        self.id = id
        self.contractor = contractor
        self.month = month
        self.title = title
        self.status = status
    }

    /// `ORD :: discord :: 202501`
    public static func title(discord: String, month: Month) -> String { "ORD :: \(discord) :: \(month.compact)" }
}

/// The part of an order that is one project's; there is at most one for each order and deployment.
public struct OrderLine: Hashable, Sendable {
    public var id: LineID
    public var order: OrderID
    public var deployment: DeploymentID
    public var hours: Hours
    /// The proof of work.
    public var summary: String
    public var status: OrderStatus
    /// The entries whose hours these are, in the order of their ids.
    public var entries: [EntryID]

    public init(
        id: LineID, order: OrderID, deployment: DeploymentID, hours: Hours, summary: String, status: OrderStatus,
        entries: [EntryID]
    ) {
        self.id = id
        self.order = order
        self.deployment = deployment
        self.hours = hours
        self.summary = summary
        self.status = status
        self.entries = entries
    }

    /// Whether it already says what these hours and entries say: the same number exactly, and the same set of ids.
    public func says(hours: Hours, entries: [EntryID]) -> Bool {
        self.hours == hours && self.entries.count == entries.count && Set(self.entries) == Set(entries)
    }
}
