import JSONCodec
import MillraceStore

extension SQLiteBooks {
    public func entries(_ query: EntryQuery) async throws -> [TimesheetEntry] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(TimesheetEntry.columns)
                FROM timesheet_entry e LEFT JOIN contractor c ON c.id = e.contractor
                WHERE e.date BETWEEN ?1 AND ?2
                    AND (?3 OR e.status = 'Reviewed')
                    AND (?4 IS NULL OR instr(c.discord, ?4) > 0)
                    AND (?5 IS NULL OR instr(e.title, ?5) > 0)
                ORDER BY e.id
                """,
                .text(query.month.firstDay.description), .text(query.month.lastDay.description),
                SQLValue(query.everyStatus), SQLValue(query.discord), SQLValue(query.title),
                row: { try TimesheetEntry($0) })
        }
    }

    public func activeRate(of contractor: ContractorID, in month: Month) async throws -> ContractorRate? {
        try await database.read { connection in
            try connection.first(
                """
                SELECT \(ContractorRate.columns) FROM contractor_rate r
                WHERE r.contractor = ?1 AND r.status = 'Active'
                    AND (r.start_date IS NULL OR r.start_date <= ?3)
                    AND (r.end_date IS NULL OR r.end_date >= ?2)
                ORDER BY r.start_date DESC, r.id LIMIT 1
                """,
                .text(contractor.text), .text(month.firstDay.description), .text(month.lastDay.description),
                row: { try ContractorRate($0) })
        }
    }

    public func activeDeployments(discord: String?) async throws -> [Deployment] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Deployment.columns)
                FROM deployment d JOIN contractor c ON c.id = d.contractor
                WHERE d.status = 'Active' AND (?1 IS NULL OR instr(c.discord, ?1) > 0)
                ORDER BY d.contractor, d.project
                """,
                SQLValue(discord), row: { Deployment($0) })
        }
    }

    /// Three queries over one moment's state, however many contractors and projects there are.
    public func lookups(month: Month, contractors: [ContractorID]) async throws -> any OrderLookups {
        let wanted = SQLValue.text(JSON.text(contractors.map(\.text)))
        let month = SQLValue.text(month.description)
        return try await database.read { connection in
            MonthSnapshot(
                orders: try connection.query(
                    """
                    SELECT \(Order.columns) FROM task_order o
                    WHERE o.month = ?1 AND o.contractor IN (SELECT value FROM json_each(?2))
                    """,
                    month, wanted, row: { try Order($0) }),
                deployments: try connection.query(
                    """
                    SELECT \(Deployment.columns) FROM deployment d
                    WHERE d.contractor IN (SELECT value FROM json_each(?1))
                    """,
                    wanted, row: { Deployment($0) }),
                lines: try Self.lines(connection, month: month, contractors: wanted))
        }
    }

    private static func lines(
        _ connection: Connection, month: SQLValue, contractors: SQLValue
    ) throws -> [OrderLine] {
        var lines: [OrderLine] = []
        try connection.each(
            """
            SELECT l.id, l.task_order, l.deployment, l.hours, l.summary, l.status, x.entry
            FROM task_order o JOIN order_line l ON l.task_order = o.id
                LEFT JOIN order_line_entry x ON x.order_line = l.id
            WHERE o.month = ?1 AND o.contractor IN (SELECT value FROM json_each(?2))
            ORDER BY l.id, x.entry
            """,
            month, contractors
        ) { row in
            let id = row.text(0)
            if lines.last?.id != LineID(id) {
                lines.append(
                    OrderLine(
                        id: LineID(id), order: row.id(1), deployment: row.id(2),
                        hours: try row.hours(3, of: "order_line", id), summary: row.text(4),
                        status: try row.orderStatus(5, of: "order_line", id), entries: []))
            }
            if let entry: EntryID = row.idOrNil(6) { lines[lines.count - 1].entries.append(entry) }
            return true
        }
        return lines
    }
}
