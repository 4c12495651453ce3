import BackOffice
import JSONCodec

/// The books in tables and JSON.
enum BooksText {
    static func facts(_ overview: BooksOverview) -> Facts {
        Facts([
            ("Contractors", "\(overview.contractors)"), ("Projects", "\(overview.projects)"),
            ("Deployments", "\(overview.deployments)"), ("Rates", "\(overview.rates)"),
            ("Timesheets", "\(overview.entries)"), ("Orders", "\(overview.orders)"), ("Lines", "\(overview.lines)"),
            ("Refunds", "\(overview.refunds)"), ("Splits", "\(overview.splits)"),
            ("Payouts", "\(overview.payouts)"),
        ])
    }

    static func months(_ months: [BooksOverview.MonthCount]) -> Table {
        var table = Table([.text("Month"), .number("Timesheets"), .number("Reviewed"), .number("Orders")])
        for month in months {
            table.add([
                Table.Cell("\(month.month)"), Table.Cell(month.entries), Table.Cell(month.reviewed),
                Table.Cell(month.orders),
            ])
        }
        return table
    }

    static func orders(_ orders: [OrderView]) -> Table {
        var table = Table([
            .text("Month"), .text("Contractor", shrinksTo: 12), .text("Status"), .number("Lines"), .number("Hours"),
            .number("Entries"), .text("Order", shrinksTo: 12, leaves: 1),
        ])
        for order in orders {
            table.add([
                Table.Cell("\(order.order.month)"), Table.Cell(name(order)),
                Table.Cell(order.order.status.rawValue, tone(order.order.status)), Table.Cell(order.lines.count),
                Table.Cell("\(order.subtotal)"), Table.Cell(order.lines.reduce(0) { $0 + $1.entries }),
                Table.Cell(order.order.id.text),
            ])
        }
        return table
    }

    static func lines(_ orders: [OrderView]) -> Table {
        var table = Table([
            .text("Month"), .text("Contractor", shrinksTo: 12), .text("Project", shrinksTo: 12), .text("Status"),
            .number("Hours"), .number("Entries"), .text("Summary", shrinksTo: 12, leaves: 1),
        ])
        for order in orders {
            for line in order.lines {
                table.add([
                    Table.Cell("\(order.order.month)"), Table.Cell(name(order)),
                    Table.Cell(line.projectCode.isEmpty ? line.project.text : line.projectCode),
                    Table.Cell(line.status.rawValue, tone(line.status)), Table.Cell("\(line.hours)"),
                    Table.Cell(line.entries), Table.Cell(line.summary),
                ])
            }
        }
        return table
    }

    static func entries(_ entries: [TimesheetEntry]) -> Table {
        var table = Table([
            .text("Date"), .text("Contractor", shrinksTo: 12), .text("Project", shrinksTo: 12), .number("Hours"),
            .text("Status"), .text("Entry", shrinksTo: 8, leaves: 2), .text("Text", shrinksTo: 12, leaves: 1),
        ])
        for entry in entries.sorted(by: TimesheetEntry.isEarlier) {
            table.add([
                Table.Cell(entry.date.map { "\($0)" } ?? ""), Table.Cell(entry.contractor?.text ?? ""),
                Table.Cell(entry.project?.text ?? ""),
                Table.Cell("\(entry.hours)"), Table.Cell(entry.status.rawValue), Table.Cell(entry.id.text),
                Table.Cell(entry.text),
            ])
        }
        return table
    }

    private static func name(_ order: OrderView) -> String {
        order.discord.isEmpty ? order.order.contractor.text : order.discord
    }

    private static func tone(_ status: OrderStatus) -> Tone {
        switch status.rawValue {
        case "Approved", "Completed": .good
        case "Pending Approval", "Pending Feedback": .warning
        default: .plain
        }
    }
}

// MARK: - JSON

extension BooksText {
    static func json(_ overview: BooksOverview) -> JSONValue {
        [
            "contractors": number(overview.contractors), "projects": number(overview.projects),
            "deployments": number(overview.deployments), "rates": number(overview.rates),
            "timesheets": number(overview.entries), "orders": number(overview.orders), "lines": number(overview.lines),
            "refunds": number(overview.refunds), "splits": number(overview.splits),
            "payouts": number(overview.payouts),
            "months": .array(
                overview.months.map { month in
                    [
                        "month": .string("\(month.month)"), "timesheets": number(month.entries),
                        "reviewed": number(month.reviewed), "orders": number(month.orders),
                    ]
                }),
        ]
    }

    static func json(_ order: OrderView) -> JSONValue {
        [
            "id": .string(order.order.id.text), "month": .string("\(order.order.month)"),
            "contractor": .string(order.order.contractor.text), "discord": .string(order.discord),
            "title": .string(order.order.title), "status": .string(order.order.status.rawValue),
            "hours": .number("\(order.subtotal)"),
            "lines": .array(
                order.lines.map { line in
                    [
                        "id": .string(line.id.text), "project": .string(line.project.text),
                        "projectCode": .string(line.projectCode), "status": .string(line.status.rawValue),
                        "hours": .number("\(line.hours)"), "entries": number(line.entries),
                        "summary": .string(line.summary),
                    ]
                }),
        ]
    }

    static func json(_ line: OrderView.Line, of order: OrderView) -> JSONValue {
        [
            "id": .string(line.id.text), "order": .string(order.order.id.text),
            "month": .string("\(order.order.month)"), "contractor": .string(order.order.contractor.text),
            "project": .string(line.project.text), "projectCode": .string(line.projectCode),
            "status": .string(line.status.rawValue), "hours": .number("\(line.hours)"), "entries": number(line.entries),
            "summary": .string(line.summary),
        ]
    }

    static func json(_ entry: TimesheetEntry) -> JSONValue {
        [
            "id": .string(entry.id.text), "date": entry.date.map { .string("\($0)") } ?? .null,
            "contractor": entry.contractor.map { .string($0.text) } ?? .null,
            "project": entry.project.map { .string($0.text) } ?? .null, "hours": .number("\(entry.hours)"),
            "status": .string(entry.status.rawValue), "title": .string(entry.title), "text": .string(entry.text),
        ]
    }

    private static func number(_ count: Int) -> JSONValue { .number(String(count)) }
}
