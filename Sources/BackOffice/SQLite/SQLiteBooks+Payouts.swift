import JSONCodec
import MillraceStore

/// What paying contractors asks: each read is one statement, however many keys it has.
extension SQLiteBooks: PayoutBooks {
    public func payableOrders(_ query: PayableOrderQuery) async throws -> [PayableOrder] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT o.id, o.contractor, c.name, c.discord, o.date, \(Self.hoursOfOrder), \(Self.revisionOfOrder)
                FROM task_order o JOIN contractor c ON c.id = o.contractor
                WHERE (?1 IS NULL OR o.month = ?1) AND (?2 OR o.status = 'Approved')
                ORDER BY o.id
                """,
                SQLValue(query.month?.description), SQLValue(query.everyStatus),
                row: { try PayableOrder($0) })
        }
    }

    public func approvedRefunds() async throws -> [RefundRequest] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(RefundRequest.columns), coalesce(c.name, ''), \(Self.revisionOfRefund)
                FROM refund_request f LEFT JOIN contractor c ON c.id = f.contractor
                WHERE f.status = '\(RefundRequest.approved)' ORDER BY f.id
                """, row: { try RefundRequest($0, name: $0.text(11), revision: $0.text(12)) })
        }
    }

    public func pendingSplits() async throws -> [InvoiceSplit] {
        let types = SQLValue.text(JSON.text(InvoiceSplit.payableTypes))
        return try await database.read { connection in
            try connection.query(
                """
                SELECT \(InvoiceSplit.columns), \(Self.revisionOfSplit) FROM invoice_split s
                WHERE s.status = '\(InvoiceSplit.pending)' AND s.type IN (SELECT value FROM json_each(?1))
                ORDER BY s.id
                """, types, row: { try InvoiceSplit($0, revision: $0.text(11)) })
        }
    }

    public func rates(_ needs: RateNeeds) async throws -> [ContractorRate] {
        if needs.days.isEmpty { return [] }
        let contractors = SQLValue.text(JSON.text(needs.contractors.map(\.text)))
        return try await database.read { connection in
            try connection.query(
                """
                SELECT \(ContractorRate.columns) FROM contractor_rate r
                WHERE r.status = '\(ContractorRate.active)' AND r.contractor IN (SELECT value FROM json_each(?1))
                ORDER BY r.contractor, r.start_date DESC, r.id
                """, contractors, row: { try ContractorRate($0) })
        }
    }

    public func livePayouts(of sources: [PayoutSource]) async throws -> [PayoutSource: LivePayout] {
        if sources.isEmpty { return [:] }
        let wanted = SQLValue.text(JSON.text(sources.map { [$0.kind.rawValue, $0.id] }))
        return try await database.read { connection in
            var live: [PayoutSource: LivePayout] = [:]
            try connection.each(
                """
                SELECT source_kind, source_id, \(LivePayout.columns) FROM payout
                WHERE status <> 'Cancelled' AND (source_kind, source_id) IN
                    (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?1))
                """, wanted
            ) { row in
                guard let kind = PayoutSource.Kind(rawValue: row.text(0)) else { return true }
                live[PayoutSource(kind, id: row.text(1))] = try LivePayout(row, from: 2)
                return true
            }
            return live
        }
    }

    public func positions(of contractors: [ContractorID]) async throws -> [ContractorID: [String]] {
        if contractors.isEmpty { return [:] }
        let wanted = SQLValue.text(JSON.text(contractors.map(\.text)))
        return try await database.read { connection in
            var positions: [ContractorID: [String]] = [:]
            try connection.each(
                """
                SELECT contractor, position FROM contractor_position
                WHERE contractor IN (SELECT value FROM json_each(?1)) ORDER BY contractor, position
                """, wanted
            ) { row in
                positions[row.id(0), default: []].append(row.text(1))
                return true
            }
            return positions
        }
    }

    /// One statement, which looks at the source and at the live payouts and writes, where nobody can come between.
    ///
    /// The payout's id is made of the source's; where another payout has that, a number is added, the first that is free
    /// from 2 on.
    public func create(_ draft: PayoutDraft) async throws -> PayoutWrite {
        do {
            return try await insert(draft)
        } catch let error as StoreError {
            // It becomes the reason in the result.
            throw error.forPeople
        }
    }

    private func insert(_ draft: PayoutDraft) async throws -> PayoutWrite {
        let place = Place(of: draft.source)
        return try await database.write { connection in
            let made = try connection.first(
                """
                INSERT INTO payout
                    (id, name, amount, currency, date, description, status, person, \(place.column), rate, run)
                SELECT (
                        WITH RECURSIVE candidate (id, number) AS (
                            SELECT ?1, 1
                            UNION ALL SELECT ?1 || '.' || (number + 1), number + 1 FROM candidate
                            WHERE EXISTS (SELECT 1 FROM payout p WHERE p.id = candidate.id))
                        SELECT id FROM candidate ORDER BY number DESC LIMIT 1),
                    ?3, ?4, ?5, ?6, ?7, 'Pending', ?8, ?2, ?9, ?10
                FROM \(place.table) WHERE \(place.id) = ?2 AND (?11 IS NULL OR \(place.revision) = ?11)
                ON CONFLICT (source_kind, source_id) WHERE status <> 'Cancelled' DO NOTHING
                RETURNING id
                """,
                .text(place.prefix + draft.source.id), .text(draft.source.id), .text(draft.name),
                .text(draft.money.amount.description), .text(draft.money.currency.code),
                SQLValue(draft.date?.description), .text(draft.description), .text(draft.person.text),
                SQLValue(draft.rate?.text), .text(draft.run), SQLValue(draft.revision),
                row: { $0.id(0) as PayoutID })
            if let made { return .created(made) }
            let live = try connection.first(
                """
                SELECT \(LivePayout.columns) FROM payout
                WHERE source_kind = ?1 AND source_id = ?2 AND status <> 'Cancelled'
                """, .text(draft.source.kind.rawValue), .text(draft.source.id), row: { try LivePayout($0, from: 0) })
            return live.map { .alreadyThere($0) } ?? .changed
        }
    }

    /// All in one transaction; what is Completed already stays so.
    public func complete(_ order: OrderID, revision: String?, linesAtOnce: Int) async throws {
        try await database.write { connection in
            let done = try connection.run(
                """
                UPDATE task_order AS o SET status = 'Completed'
                WHERE o.id = ?1 AND (?2 IS NULL OR o.status = 'Completed' OR \(Self.revisionOfOrder) = ?2)
                """, .text(order.text), SQLValue(revision))
            guard done == 1 else {
                let known = try connection.first(
                    "SELECT 1 FROM task_order WHERE id = ?1", .text(order.text), row: { _ in true })
                throw known == true ? BooksError.changed(order) : BooksError.noOrder(order)
            }
            try connection.run(
                "UPDATE order_line SET status = 'Completed' WHERE task_order = ?1 AND status <> 'Completed'",
                .text(order.text))
        }
    }

    /// The hours of the order's lines as a JSON array of texts, in the order of the lines.
    private static let hoursOfOrder = """
        (SELECT json_group_array(hours) FROM
            (SELECT l.hours FROM order_line l WHERE l.task_order = o.id ORDER BY l.id))
        """
    /// What the amount of a payout follows from, as one text.
    private static let revisionOfOrder = "o.status || '|' || \(hoursOfOrder)"
    private static let revisionOfRefund = "f.status || '|' || f.amount || '|' || f.currency"
    private static let revisionOfSplit = "s.status || '|' || s.amount || '|' || s.currency"

    /// Where a source of payouts stands.
    private struct Place {
        /// The table, with the name it has in ``revision``.
        let table: String
        let id: String
        let revision: String
        /// Of `payout`.
        let column: String
        /// Begins the ids of payouts.
        let prefix: String

        init(of source: PayoutSource) {
            switch source {
            case .order:
                table = "task_order o"
                id = "o.id"
                revision = revisionOfOrder
                column = "task_order"
                prefix = "pay-"
            case .refund:
                table = "refund_request f"
                id = "f.id"
                revision = revisionOfRefund
                column = "refund"
                prefix = "pay-refund-"
            case .split:
                table = "invoice_split s"
                id = "s.id"
                revision = revisionOfSplit
                column = "invoice_split"
                prefix = "pay-split-"
            }
        }
    }
}
