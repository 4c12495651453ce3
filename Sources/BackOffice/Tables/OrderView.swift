import JSONCodec

/// An order with its lines, ready to be shown.
public struct OrderView: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        public var id: LineID
        public var project: ProjectID
        public var projectCode: String
        public var hours: Hours
        public var status: OrderStatus
        /// How many timesheet entries the hours come from.
        public var entries: Int
        public var summary: String
    }

    public var order: Order
    public var discord: String
    /// By project.
    public var lines: [Line]

    /// The exact sum of the lines' hours.
    public var subtotal: Hours { lines.reduce(0) { $0 + $1.hours } }
}

/// How much the books hold.
public struct BooksOverview: Hashable, Sendable {
    public struct MonthCount: Hashable, Sendable {
        public var month: Month
        public var entries: Int
        public var reviewed: Int
        public var orders: Int
    }

    public var contractors: Int
    public var projects: Int
    public var deployments: Int
    public var rates: Int
    public var entries: Int
    public var orders: Int
    public var lines: Int
    public var refunds = 0
    public var splits = 0
    public var payouts = 0
    /// Months with entries or orders, the latest first.
    public var months: [MonthCount]
}
