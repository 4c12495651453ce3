import Linux

/// The tables of a company as the books look for them in Notion, and ways to fill them. All names and figures are made up.
public struct SimulatedCompany: Sendable {
    public var notion = SimulatedNotion()

    /// - Parameter keepsBothSides: whether Notion itself keeps an order's list of lines in step with what the lines say of
    ///   their order, as its own sub-items do.
    public init(keepsBothSides: Bool = false) {
        notion.addTable(
            "contractors",
            [
                .init("Full Name", .title), .init("Discord", .richText), .init("Position", .multiSelect),
                .init("Team Email", .richText),
            ])
        notion.addTable("projects", [.init("Project", .title), .init("Code", .richText)])
        notion.addTable(
            "deployments",
            [
                .init("Deployment", .title), .init("Contractor", .relation("contractors")),
                .init("Project", .relation("projects")),
                .init("Deployment Status", .status, options: ["Active", "Ended"]),
                .init("Type", .multiSelect),
                .init("Start Date", .date),
            ])
        notion.addTable(
            "entries",
            [
                .init("Entry", .title), .init("Date", .date), .init("Approximate effort", .number),
                .init("Key deliverables", .richText), .init("Focus area", .select),
                .init("Contractor", .relation("contractors")), .init("Project", .relation("projects")),
                .init("Discord", .rollup("Contractor", property: "Discord", .showOriginal)),
                .init("Month", .monthFormula("Date")),
                .init("Status", .status, options: ["Draft", "Pending Feedback", "Reviewed"]),
            ])
        notion.addTable(
            "orders",
            [
                .init("Name", .title), .init("Type", .select, options: ["Order", "Timesheet"]),
                .init(
                    "Status", .select,
                    options: ["Draft", "Pending Feedback", "Pending Approval", "Approved", "Completed"]),
                .init("Date", .date),
                .init("Sub-item", .relation("orders", dual: keepsBothSides ? "Parent item" : nil)),
                .init("Parent item", .relation("orders", dual: keepsBothSides ? "Sub-item" : nil)),
                .init("Line Item Hours", .number), .init("Proof of Works", .richText),
                .init("Project Deployment", .relation("deployments")), .init("Timesheet", .relation("entries")),
                .init("Contractor", .rollup("Project Deployment", property: "Contractor", .showOriginal)),
                .init("Project", .rollup("Project Deployment", property: "Project", .showOriginal)),
                .init("Subtotal hours", .rollup("Sub-item", property: "Line Item Hours", .sum)),
                .init("Month", .monthFormula("Date")),
            ])
        notion.addTable(
            "rates",
            [
                .init("Name", .title), .init("Contractor", .relation("contractors")),
                .init("Status", .status, options: ["Active", "Inactive"]),
                .init("Billing Type", .select), .init("Monthly Fixed", .number), .init("Hourly Rate", .number),
                .init("Gross Fixed", .number), .init("Currency", .select), .init("Start Date", .date),
                .init("End Date", .date), .init("Payday", .select),
            ])
        notion.addTable(
            "refunds",
            [
                .init("Refund ID", .title), .init("Amount", .number), .init("Currency", .select),
                .init("Contractor", .relation("contractors")), .init("Reason", .select),
                .init("Description", .richText),
                .init("Description Formatted", .richText), .init("Details", .richText), .init("Date Requested", .date),
                .init("Status", .status, options: ["Draft", "Approved", "Rejected"]),
            ])
        notion.addTable(
            "splits",
            [
                .init("Name", .title), .init("Auto Name", .richText), .init("Amount", .number),
                .init("Currency", .select),
                .init("Role", .select), .init("Type", .select, options: ["Commission", "Bonus", "Fee"]),
                .init("Person", .relation("contractors")),
                .init("Month", .date), .init("Description", .richText),
                .init("Status", .select, options: ["Pending", "Paid"]),
            ])
        notion.addTable(
            "payouts",
            [
                .init("Name", .title), .init("Amount", .number), .init("Date", .date), .init("Paid Date", .date),
                .init("Description", .richText), .init("Currency", .select),
                .init("Status", .status, options: ["New", "Pending", "Paid", "Cancelled"]),
                .init("Person", .relation("contractors")), .init("00 Task Order", .relation("orders")),
                .init("01 Refund", .relation("refunds")), .init("02 Invoice Split", .relation("splits")),
                .init("00 Service Rate", .relation("rates")), .init("Millrace Run", .richText),
            ])
    }

    /// The tables that the books ask for an id of.
    public static let collections = [
        "entries", "orders", "deployments", "contractors", "rates", "payouts", "refunds", "splits",
    ]

    @discardableResult
    public mutating func contractor(_ discord: String, name: String = "", positions: [String] = []) -> String {
        notion.addRow(
            "contractors",
            [
                "Full Name": .text(name.isEmpty ? discord : name), "Discord": .text(discord),
                "Position": .names(positions),
            ])
    }

    @discardableResult
    public mutating func project(_ code: String) -> String {
        notion.addRow("projects", ["Project": .text(code), "Code": .text(code)])
    }

    @discardableResult
    public mutating func deployment(_ contractor: String, _ project: String, status: String = "Active") -> String {
        notion.addRow(
            "deployments",
            [
                "Deployment": .text("deployment"), "Contractor": .pages([contractor]), "Project": .pages([project]),
                "Deployment Status": .text(status),
            ])
    }

    @discardableResult
    public mutating func entry(
        _ contractor: String?, _ project: String?, date: String?, hours: String, text: String = "",
        status: String = "Reviewed", title: String = "entry"
    ) -> String {
        var values: [String: SimulatedValue] = [
            "Entry": .text(title), "Approximate effort": .number(hours), "Key deliverables": .text(text),
            "Status": .text(status),
        ]
        if let date { values["Date"] = .date(date) }
        if let contractor { values["Contractor"] = .pages([contractor]) }
        if let project { values["Project"] = .pages([project]) }
        return notion.addRow("entries", values)
    }

    @discardableResult
    public mutating func order(_ discord: String, month: String, lastDay: String, status: String = "Approved") -> String
    {
        notion.addRow(
            "orders",
            [
                "Name": .text("ORD :: \(discord) :: \(month.filter { $0 != "-" })"), "Type": .text("Order"),
                "Status": .text(status), "Date": .date(lastDay),
            ])
    }

    @discardableResult
    public mutating func line(_ order: String, _ deployment: String, hours: String, status: String = "Approved")
        -> String
    {
        let head = notion.row(order)
        var values: [String: SimulatedValue] = [
            "Type": .text("Timesheet"), "Status": .text(status), "Line Item Hours": .number(hours),
            "Parent item": .pages([order]), "Project Deployment": .pages([deployment]),
        ]
        values["Name"] = head?.values["Name"]
        values["Date"] = head?.values["Date"]
        let line = notion.addRow("orders", values)
        let lines = SimulatedNotion.pages(notion.row(order)?.values["Sub-item"])
        if !lines.contains(line) { notion.change(order, "Sub-item", .pages(lines + [line])) }
        return line
    }

    @discardableResult
    public mutating func rate(
        _ contractor: String, billing: String = "Monthly Fixed", amount: String, currency: String, start: String? = nil,
        end: String? = nil, payday: String = "01", status: String = "Active"
    ) -> String {
        var values: [String: SimulatedValue] = [
            "Name": .text("rate"), "Contractor": .pages([contractor]), "Status": .text(status),
            "Billing Type": .text(billing), "Currency": .text(currency), "Payday": .text(payday),
            billing == "Hourly Rate" ? "Hourly Rate" : "Monthly Fixed": .number(amount),
        ]
        if let start { values["Start Date"] = .date(start) }
        if let end { values["End Date"] = .date(end) }
        return notion.addRow("rates", values)
    }

    /// A payout of an order, as a run made it.
    @discardableResult
    public mutating func payout(of order: String, run: String, status: String = "Pending") -> String {
        notion.addRow(
            "payouts",
            [
                "Name": .text("payout"), "Amount": .number("6"), "Currency": .text("USD"), "Status": .text(status),
                "00 Task Order": .pages([order]), "Millrace Run": .text(run),
            ])
    }

    @discardableResult
    public mutating func refund(
        _ id: String, _ contractor: String?, amount: String, currency: String, reason: String = "Equipment",
        date: String = "2026-10-20", status: String = "Approved"
    ) -> String {
        var values: [String: SimulatedValue] = [
            "Refund ID": .text(id), "Amount": .number(amount), "Currency": .text(currency), "Reason": .text(reason),
            "Description": .text("\(reason), bought by hand"), "Date Requested": .date(date), "Status": .text(status),
        ]
        if let contractor { values["Contractor"] = .pages([contractor]) }
        return notion.addRow("refunds", values)
    }

    @discardableResult
    public mutating func split(
        _ name: String, _ person: String?, amount: String, currency: String, role: String = "Sales",
        type: String = "Commission", month: String = "2026-10-31", status: String = "Pending"
    ) -> String {
        var values: [String: SimulatedValue] = [
            "Name": .text(name), "Auto Name": .text("SPL :: \(name)"), "Amount": .number(amount),
            "Currency": .text(currency), "Role": .text(role), "Type": .text(type), "Month": .date(month),
            "Description": .text("\(role), \(name)"), "Status": .text(status),
        ]
        if let person { values["Person"] = .pages([person]) }
        return notion.addRow("splits", values)
    }
}
