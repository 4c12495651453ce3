import MillraceStore

/// What is shown of what is paid.
extension SQLiteBooks {
    /// Payouts by day, person and id; of those with a day in the month, or of the person, where given.
    public func payouts(month: Month? = nil, person: String? = nil) async throws -> [Payout] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Payout.columns) FROM payout y JOIN contractor c ON c.id = y.person
                WHERE (?1 IS NULL OR substr(y.date, 1, 7) = ?1) AND (?2 IS NULL OR instr(c.discord, ?2) > 0)
                ORDER BY y.date, y.person, y.id
                """, SQLValue(month?.description), SQLValue(person), row: { try Payout($0) })
        }
    }

    /// Every refund request, by its day.
    public func refunds(month: Month? = nil, contractor: String? = nil) async throws -> [RefundRequest] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(RefundRequest.columns), coalesce(c.name, '')
                FROM refund_request f LEFT JOIN contractor c ON c.id = f.contractor
                WHERE (?1 IS NULL OR substr(f.date_requested, 1, 7) = ?1) AND (?2 IS NULL OR instr(c.discord, ?2) > 0)
                ORDER BY f.date_requested, f.id
                """, SQLValue(month?.description), SQLValue(contractor),
                row: { try RefundRequest($0, name: $0.text(11)) })
        }
    }

    /// Every split, by its month.
    public func splits(month: Month? = nil, person: String? = nil) async throws -> [InvoiceSplit] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(InvoiceSplit.columns) FROM invoice_split s LEFT JOIN contractor c ON c.id = s.person
                WHERE (?1 IS NULL OR substr(s.month, 1, 7) = ?1) AND (?2 IS NULL OR instr(c.discord, ?2) > 0)
                ORDER BY s.month, s.id
                """, SQLValue(month?.description), SQLValue(person), row: { try InvoiceSplit($0) })
        }
    }

    /// Every rate, by contractor, in the order in which they are tried.
    public func allRates(contractor: String? = nil) async throws -> [ContractorRate] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(ContractorRate.columns) FROM contractor_rate r JOIN contractor c ON c.id = r.contractor
                WHERE ?1 IS NULL OR instr(c.discord, ?1) > 0
                ORDER BY r.contractor, r.start_date DESC, r.id
                """, SQLValue(contractor), row: { try ContractorRate($0) })
        }
    }

    /// Contractors with positions, and these.
    public func allPositions(contractor: String? = nil) async throws -> [(contractor: ContractorID, position: String)] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT p.contractor, p.position FROM contractor_position p JOIN contractor c ON c.id = p.contractor
                WHERE ?1 IS NULL OR instr(c.discord, ?1) > 0 ORDER BY p.contractor, p.position
                """, SQLValue(contractor), row: { ($0.id(0), $0.text(1)) })
        }
    }

    public func countOfLines(of order: OrderID) async throws -> Int {
        try await database.read { connection in
            let count = try connection.first(
                "SELECT count(*) FROM order_line WHERE task_order = ?1", .text(order.text), row: { $0.int(0) })
            return Int(count ?? 0)
        }
    }

    /// Approves the orders of a month that are neither Approved nor Completed, with their lines; of the contractor with
    /// exactly this id or name on the chat server, where given. Returns those that are Approved now, by their ids.
    public func approveOrders(month: Month, contractor: String? = nil) async throws -> [OrderID] {
        try await database.write { connection in
            let waiting = try connection.query(
                """
                SELECT o.id FROM task_order o JOIN contractor c ON c.id = o.contractor
                WHERE o.month = ?1 AND o.status NOT IN ('Approved', 'Completed')
                    AND (?2 IS NULL OR c.id = ?2 OR c.discord = ?2)
                ORDER BY o.id
                """, .text(month.description), SQLValue(contractor), row: { $0.id(0) as OrderID })
            for order in waiting {
                try connection.run("UPDATE task_order SET status = 'Approved' WHERE id = ?1", .text(order.text))
                try connection.run(
                    "UPDATE order_line SET status = 'Approved' WHERE task_order = ?1", .text(order.text))
            }
            return waiting
        }
    }
}
