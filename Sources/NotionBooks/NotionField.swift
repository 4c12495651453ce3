/// A table of the company's Notion that the books are kept in.
public enum NotionCollection: String, CaseIterable, Sendable {
    case entries, orders, deployments, contractors, rates, payouts, refunds, splits
}

/// A property of such a table: what it means here, what it is called over there unless a setting says otherwise, and of
/// which of Notion's types it may be.
public struct NotionField: Hashable, Sendable {
    public let collection: NotionCollection
    /// Stands in settings: `entries.hours`.
    public let key: String
    public let defaultName: String
    let types: Set<String>
    /// Whether the books do without it where it is not there.
    let isOptional: Bool

    init(
        _ collection: NotionCollection, _ key: String, _ defaultName: String, _ types: Set<String>,
        isOptional: Bool = false
    ) {
        self.collection = collection
        self.key = key
        self.defaultName = defaultName
        self.types = types
        self.isOptional = isOptional
    }

    /// `entries.hours`
    public var path: String { "\(collection.rawValue).\(key)" }

    private static let choice: Set = ["select", "status"]
    private static let text: Set = ["rich_text", "title", "formula", "rollup"]
    private static let related: Set = ["relation", "rollup"]

    static let entryDate = NotionField(.entries, "date", "Date", ["date"])
    static let entryHours = NotionField(.entries, "hours", "Approximate effort", ["number", "formula"])
    static let entryText = NotionField(.entries, "text", "Key deliverables", text)
    static let entryContractor = NotionField(.entries, "contractor", "Contractor", related)
    static let entryProject = NotionField(.entries, "project", "Project", related)
    static let entryDiscord = NotionField(.entries, "discord", "Discord", text)
    static let entryStatus = NotionField(.entries, "status", "Status", choice)

    static let orderType = NotionField(.orders, "type", "Type", choice)
    static let orderStatus = NotionField(.orders, "status", "Status", choice)
    static let orderDate = NotionField(.orders, "date", "Date", ["date"])
    static let orderLines = NotionField(.orders, "lines", "Sub-item", ["relation"])
    static let lineOrder = NotionField(.orders, "order", "Parent item", ["relation"])
    static let lineHours = NotionField(.orders, "hours", "Line Item Hours", ["number"])
    static let lineSummary = NotionField(.orders, "summary", "Proof of Works", ["rich_text"])
    static let lineDeployment = NotionField(.orders, "deployment", "Project Deployment", ["relation"])
    static let lineEntries = NotionField(.orders, "entries", "Timesheet", ["relation"])
    static let lineContractor = NotionField(.orders, "contractor", "Contractor", related)
    static let orderSubtotal = NotionField(
        .orders, "subtotal", "Subtotal hours", ["rollup", "formula", "number"], isOptional: true)

    static let deploymentContractor = NotionField(.deployments, "contractor", "Contractor", related)
    static let deploymentProject = NotionField(.deployments, "project", "Project", related)
    static let deploymentStatus = NotionField(.deployments, "status", "Deployment Status", choice)

    static let contractorDiscord = NotionField(.contractors, "discord", "Discord", text)
    static let contractorPositions = NotionField(.contractors, "positions", "Position", ["multi_select"])

    static let rateContractor = NotionField(.rates, "contractor", "Contractor", related)
    static let rateStatus = NotionField(.rates, "status", "Status", choice)
    static let rateBilling = NotionField(.rates, "billing", "Billing Type", choice)
    static let rateFixed = NotionField(.rates, "fixed", "Monthly Fixed", ["number", "formula"])
    static let rateHourly = NotionField(.rates, "hourly", "Hourly Rate", ["number", "formula"])
    static let rateGross = NotionField(.rates, "gross", "Gross Fixed", ["number", "formula"], isOptional: true)
    static let rateCurrency = NotionField(.rates, "currency", "Currency", choice)
    static let rateStart = NotionField(.rates, "start", "Start Date", ["date"])
    static let rateEnd = NotionField(.rates, "end", "End Date", ["date"])
    static let ratePayday = NotionField(.rates, "payday", "Payday", choice)

    static let payoutAmount = NotionField(.payouts, "amount", "Amount", ["number"])
    static let payoutDate = NotionField(.payouts, "date", "Date", ["date"])
    static let payoutDescription = NotionField(.payouts, "description", "Description", ["rich_text"])
    static let payoutCurrency = NotionField(.payouts, "currency", "Currency", choice)
    static let payoutStatus = NotionField(.payouts, "status", "Status", choice)
    static let payoutPerson = NotionField(.payouts, "person", "Person", ["relation"])
    static let payoutOrder = NotionField(.payouts, "order", "00 Task Order", ["relation"])
    static let payoutRefund = NotionField(.payouts, "refund", "01 Refund", ["relation"])
    static let payoutSplit = NotionField(.payouts, "split", "02 Invoice Split", ["relation"])
    static let payoutRate = NotionField(.payouts, "rate", "00 Service Rate", ["relation"])
    static let payoutRun = NotionField(.payouts, "run", "Millrace Run", ["rich_text"], isOptional: true)

    static let refundAmount = NotionField(.refunds, "amount", "Amount", ["number", "formula"])
    static let refundCurrency = NotionField(.refunds, "currency", "Currency", choice)
    static let refundContractor = NotionField(.refunds, "contractor", "Contractor", related)
    static let refundReason = NotionField(.refunds, "reason", "Reason", ["select", "status", "rich_text", "formula"])
    static let refundDescription = NotionField(.refunds, "description", "Description", text)
    static let refundFormatted = NotionField(
        .refunds, "formatted", "Description Formatted", text, isOptional: true)
    static let refundDetails = NotionField(.refunds, "details", "Details", text, isOptional: true)
    static let refundDate = NotionField(.refunds, "date", "Date Requested", ["date"])
    static let refundStatus = NotionField(.refunds, "status", "Status", choice)

    static let splitAutoName = NotionField(.splits, "autoName", "Auto Name", text)
    static let splitAmount = NotionField(.splits, "amount", "Amount", ["number", "formula"])
    static let splitCurrency = NotionField(.splits, "currency", "Currency", choice)
    static let splitRole = NotionField(.splits, "role", "Role", choice)
    static let splitType = NotionField(.splits, "type", "Type", choice)
    static let splitPerson = NotionField(.splits, "person", "Person", related)
    static let splitMonth = NotionField(.splits, "month", "Month", ["date"])
    static let splitDescription = NotionField(.splits, "description", "Description", text)
    static let splitStatus = NotionField(.splits, "status", "Status", choice)

    public static let all: [NotionField] = [
        entryDate, entryHours, entryText, entryContractor, entryProject, entryDiscord, entryStatus, orderType,
        orderStatus,
        orderDate, orderLines, lineOrder, lineHours, lineSummary, lineDeployment, lineEntries, lineContractor,
        orderSubtotal,
        deploymentContractor, deploymentProject, deploymentStatus, contractorDiscord, contractorPositions,
        rateContractor,
        rateStatus, rateBilling, rateFixed, rateHourly, rateGross, rateCurrency, rateStart, rateEnd, ratePayday,
        payoutAmount, payoutDate, payoutDescription, payoutCurrency, payoutStatus, payoutPerson, payoutOrder,
        payoutRefund,
        payoutSplit, payoutRate, payoutRun, refundAmount, refundCurrency, refundContractor, refundReason,
        refundDescription, refundFormatted, refundDetails, refundDate, refundStatus, splitAutoName, splitAmount,
        splitCurrency, splitRole, splitType, splitPerson, splitMonth, splitDescription, splitStatus,
    ]
}
