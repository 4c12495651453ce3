import MillraceStore

extension SQLiteBooks {
    /// The orders, with their lines, of one month or all, by month and contractor; only of contractors whose name on
    /// the chat server contains `contractor`, when that is given.
    public func orders(month: Month? = nil, contractor: String? = nil) async throws -> [OrderView] {
        try await database.read { connection in
            var views: [OrderView] = []
            try connection.each(
                """
                SELECT \(Order.columns), c.discord, l.id, d.project, p.code, l.hours, l.status, l.summary,
                    (SELECT count(*) FROM order_line_entry x WHERE x.order_line = l.id)
                FROM task_order o JOIN contractor c ON c.id = o.contractor
                    LEFT JOIN order_line l ON l.task_order = o.id
                    LEFT JOIN deployment d ON d.id = l.deployment
                    LEFT JOIN project p ON p.id = d.project
                WHERE (?1 IS NULL OR o.month = ?1) AND (?2 IS NULL OR instr(c.discord, ?2) > 0)
                ORDER BY o.month, o.contractor, d.project
                """,
                SQLValue(month?.description), SQLValue(contractor)
            ) { row in
                let order = try Order(row)
                if views.last?.order.id != order.id {
                    views.append(OrderView(order: order, discord: row.text(5), lines: []))
                }
                if let id = row.textOrNil(6) {
                    views[views.count - 1].lines.append(
                        OrderView.Line(
                            id: LineID(id), project: row.id(7), projectCode: row.text(8),
                            hours: try row.hours(9, of: "order_line", id),
                            status: try row.orderStatus(10, of: "order_line", id), entries: Int(row.int(12)),
                            summary: row.text(11)))
                }
                return true
            }
            return views
        }
    }

    /// How much the books hold.
    public func overview() async throws -> BooksOverview {
        try await database.read { connection in
            func count(_ table: String) throws -> Int {
                Int(try connection.first("SELECT count(*) FROM \(table)", row: { $0.int(0) }) ?? 0)
            }
            let months = try connection.query(
                """
                SELECT month, sum(entries), sum(reviewed), sum(orders) FROM (
                    SELECT substr(date, 1, 7) AS month, 1 AS entries, status = 'Reviewed' AS reviewed, 0 AS orders
                    FROM timesheet_entry WHERE date IS NOT NULL
                    UNION ALL SELECT month, 0, 0, 1 FROM task_order)
                GROUP BY month ORDER BY month DESC
                """
            ) { row in
                BooksOverview.MonthCount(
                    month: try row.month(0, of: "timesheet_entry", row.text(0)), entries: Int(row.int(1)),
                    reviewed: Int(row.int(2)), orders: Int(row.int(3)))
            }
            return BooksOverview(
                contractors: try count("contractor"), projects: try count("project"),
                deployments: try count("deployment"), rates: try count("contractor_rate"),
                entries: try count("timesheet_entry"), orders: try count("task_order"),
                lines: try count("order_line"), refunds: try count("refund_request"),
                splits: try count("invoice_split"), payouts: try count("payout"), months: months)
        }
    }
}
