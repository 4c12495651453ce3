import MillraceStore

/// What writes orders and lines. Each is one transaction that looks at what is there before it changes anything, so that
/// runs which overlap, in this process or another, meet the rules of ``Books`` one after the other.
extension SQLiteBooks: Books {
    public func ensureOrder(of contractor: ContractorID, month: Month) async throws -> EnsuredOrder {
        try await database.write { connection in
            let found = try connection.first(
                "SELECT \(Order.columns) FROM task_order o WHERE o.contractor = ?1 AND o.month = ?2",
                .text(contractor.text), .text(month.description), row: { try Order($0) })
            if let found { return EnsuredOrder(order: found, created: false) }
            let discord = try connection.first(
                "SELECT discord FROM contractor WHERE id = ?1", .text(contractor.text), row: { $0.text(0) })
            guard let discord else { throw BooksError.noContractor(contractor) }
            let order = Order(
                id: OrderID("ord-\(month.compact)-\(contractor)"), contractor: contractor, month: month,
                title: Order.title(discord: discord, month: month), status: .draft)
            try connection.run(
                "INSERT INTO task_order (id, contractor, month, date, title, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                .text(order.id.text), .text(contractor.text), .text(month.description),
                .text(order.date.description), .text(order.title), .text(order.status.rawValue))
            return EnsuredOrder(order: order, created: true)
        }
    }

    public func putLine(_ draft: LineDraft) async throws -> LineWrite {
        try await database.write { connection in
            guard let line = try Self.line(connection, draft.order, draft.deployment) else {
                let id = try Self.insertLine(
                    connection, draft.order, draft.deployment, hours: draft.hours, summary: draft.summary,
                    status: .pendingFeedback)
                try Self.link(connection, id, to: draft.entries)
                return LineWrite(line: id, change: .created)
            }
            if line.says(hours: draft.hours, entries: draft.entries) {
                return LineWrite(line: line.id, change: .unchanged)
            }
            try connection.run(
                "UPDATE order_line SET hours = ?2, summary = ?3, status = 'Pending Approval' WHERE id = ?1",
                .text(line.id.text), .text(draft.hours.description), .text(draft.summary))
            try Self.relink(connection, line, to: draft.entries)
            try connection.run(
                "UPDATE task_order SET status = 'Pending Approval' WHERE id = ?1 AND status <> 'Pending Approval'",
                .text(draft.order.text))
            return LineWrite(line: line.id, change: .updated)
        }
    }

    public func putHours(line id: LineID, hours: Hours, entries: [EntryID]) async throws -> LineWrite {
        try await database.write { connection in
            guard let line = try Self.line(connection, id) else { throw BooksError.noLine(id) }
            if line.says(hours: hours, entries: entries) { return LineWrite(line: id, change: .unchanged) }
            try connection.run(
                "UPDATE order_line SET hours = ?2 WHERE id = ?1", .text(id.text), .text(hours.description))
            try Self.relink(connection, line, to: entries)
            return LineWrite(line: id, change: .updated)
        }
    }

    public func ensureLine(order: OrderID, deployment: DeploymentID) async throws -> LineWrite {
        try await database.write { connection in
            if let line = try Self.line(connection, order, deployment) {
                return LineWrite(line: line.id, change: .unchanged)
            }
            let id = try Self.insertLine(connection, order, deployment, hours: 0, summary: "", status: .draft)
            return LineWrite(line: id, change: .created)
        }
    }

    private static let lineColumns = "l.id, l.task_order, l.deployment, l.hours, l.summary, l.status"

    private static func line(
        _ connection: Connection, _ order: OrderID, _ deployment: DeploymentID
    ) throws -> OrderLine? {
        let line = try connection.first(
            "SELECT \(lineColumns) FROM order_line l WHERE l.task_order = ?1 AND l.deployment = ?2",
            .text(order.text), .text(deployment.text), row: lineWithoutEntries)
        return try withEntries(connection, line)
    }

    private static func line(_ connection: Connection, _ id: LineID) throws -> OrderLine? {
        let line = try connection.first(
            "SELECT \(lineColumns) FROM order_line l WHERE l.id = ?1", .text(id.text), row: lineWithoutEntries)
        return try withEntries(connection, line)
    }

    private static func lineWithoutEntries(_ row: Row) throws -> OrderLine {
        let id = row.text(0)
        return OrderLine(
            id: LineID(id), order: row.id(1), deployment: row.id(2), hours: try row.hours(3, of: "order_line", id),
            summary: row.text(4), status: try row.orderStatus(5, of: "order_line", id), entries: [])
    }

    private static func withEntries(_ connection: Connection, _ line: OrderLine?) throws -> OrderLine? {
        guard var line else { return nil }
        line.entries = try connection.query(
            "SELECT entry FROM order_line_entry WHERE order_line = ?1 ORDER BY entry", .text(line.id.text),
            row: { $0.id(0) })
        return line
    }

    private static func insertLine(
        _ connection: Connection, _ order: OrderID, _ deployment: DeploymentID, hours: Hours, summary: String,
        status: OrderStatus
    ) throws -> LineID {
        let month = try connection.first(
            "SELECT month FROM task_order WHERE id = ?1", .text(order.text),
            row: { try $0.month(0, of: "task_order", order.text) })
        guard let month else { throw BooksError.noOrder(order) }
        let known = try connection.first(
            "SELECT 1 FROM deployment WHERE id = ?1", .text(deployment.text), row: { _ in true })
        guard known == true else { throw BooksError.noDeployment(deployment) }
        // A deployment is one contractor's, who has one order a month: the month and the deployment name the line.
        let id = LineID("lin-\(month.compact)-\(deployment)")
        try connection.run(
            """
            INSERT INTO order_line (id, task_order, deployment, hours, summary, status)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """,
            .text(id.text), .text(order.text), .text(deployment.text), .text(hours.description), .text(summary),
            .text(status.rawValue))
        return id
    }

    private static func link(_ connection: Connection, _ line: LineID, to entries: some Sequence<EntryID>) throws {
        for entry in Set(entries) {
            try connection.run(
                "INSERT INTO order_line_entry (order_line, entry) VALUES (?1, ?2)", .text(line.text),
                .text(entry.text))
        }
    }

    private static func relink(_ connection: Connection, _ line: OrderLine, to entries: [EntryID]) throws {
        let wanted = Set(entries), linked = Set(line.entries)
        for entry in linked.subtracting(wanted) {
            try connection.run(
                "DELETE FROM order_line_entry WHERE order_line = ?1 AND entry = ?2", .text(line.id.text),
                .text(entry.text))
        }
        try link(connection, line.id, to: wanted.subtracting(linked))
    }
}
