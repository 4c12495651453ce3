import MillraceStore

/// What is paid, and by what, on its way into the books.
extension Intake {
    mutating func take(_ told: Told<ContractorRate>) throws {
        let old = try connection.first(
            "SELECT \(ContractorRate.columns) FROM contractor_rate r WHERE r.id = ?1", .text(told.fresh.id.text),
            row: { try ContractorRate($0) })
        let new = told.merged(with: old)
        try know(new.contractor)
        // One of the two may be in the file and the other in the books.
        if let start = new.startDate, let end = new.endDate, end < start {
            throw Misfit(message: "the rate would end on \(end), before it starts on \(start)")
        }
        try put(
            old, new,
            """
            INSERT INTO contractor_rate (id, contractor, status, start_date, end_date, payday, billing_type,
                monthly_fixed, hourly_rate, gross_fixed, currency)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (id) DO UPDATE SET contractor = excluded.contractor, status = excluded.status,
                start_date = excluded.start_date, end_date = excluded.end_date, payday = excluded.payday,
                billing_type = excluded.billing_type, monthly_fixed = excluded.monthly_fixed,
                hourly_rate = excluded.hourly_rate, gross_fixed = excluded.gross_fixed, currency = excluded.currency
            """,
            [
                .text(new.id.text), .text(new.contractor.text), .text(new.status),
                SQLValue(new.startDate?.description), SQLValue(new.endDate?.description), SQLValue(new.payday),
                .text(new.billingType.text), SQLValue(new.monthlyFixed?.description),
                SQLValue(new.hourlyRate?.description), SQLValue(new.grossFixed?.description),
                SQLValue(new.currency?.code),
            ])
    }

    mutating func take(_ contractor: ContractorID, _ position: String) throws {
        try know(contractor)
        let old = try connection.first(
            "SELECT position FROM contractor_position WHERE contractor = ?1 AND position = ?2",
            .text(contractor.text), .text(position), row: { $0.text(0) })
        try put(
            old, position, "INSERT INTO contractor_position (contractor, position) VALUES (?1, ?2)",
            [.text(contractor.text), .text(position)])
    }

    mutating func take(_ told: Told<RefundRequest>) throws {
        let old = try connection.first(
            "SELECT \(RefundRequest.columns) FROM refund_request f WHERE f.id = ?1", .text(told.fresh.id.text),
            row: { try RefundRequest($0) })
        let new = told.merged(with: old)
        try know(new.contractor)
        try put(
            old, new,
            """
            INSERT INTO refund_request (id, refund_id, amount, currency, contractor, reason, description,
                formatted_description, details, date_requested, status)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (id) DO UPDATE SET refund_id = excluded.refund_id, amount = excluded.amount,
                currency = excluded.currency, contractor = excluded.contractor, reason = excluded.reason,
                description = excluded.description, formatted_description = excluded.formatted_description,
                details = excluded.details, date_requested = excluded.date_requested, status = excluded.status
            """,
            [
                .text(new.id.text), .text(new.refundID), .text(new.money.amount.description),
                .text(new.money.currency.code), SQLValue(new.contractor?.text), .text(new.reason),
                .text(new.description), .text(new.formattedDescription), .text(new.details),
                SQLValue(new.dateRequested?.description), .text(new.status),
            ])
    }

    mutating func take(_ told: Told<InvoiceSplit>) throws {
        let old = try connection.first(
            "SELECT \(InvoiceSplit.columns) FROM invoice_split s WHERE s.id = ?1", .text(told.fresh.id.text),
            row: { try InvoiceSplit($0) })
        let new = told.merged(with: old)
        try know(new.person)
        try put(
            old, new,
            """
            INSERT INTO invoice_split (id, name, auto_name, amount, currency, role, type, person, month, description,
                status)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, auto_name = excluded.auto_name,
                amount = excluded.amount, currency = excluded.currency, role = excluded.role, type = excluded.type,
                person = excluded.person, month = excluded.month, description = excluded.description,
                status = excluded.status
            """,
            [
                .text(new.id.text), .text(new.name), .text(new.autoName), .text(new.money.amount.description),
                .text(new.money.currency.code), .text(new.role), .text(new.type), SQLValue(new.person?.text),
                SQLValue(new.month?.description), .text(new.description), .text(new.status),
            ])
    }

    mutating func take(_ told: Told<Payout>) throws {
        let old = try connection.first(
            "SELECT \(Payout.columns) FROM payout y WHERE y.id = ?1", .text(told.fresh.id.text),
            row: { try Payout($0) })
        let new = told.merged(with: old)
        try know(new.person)
        if old != new { try check(new) }
        var sources: [PayoutSource.Kind: String] = [:]
        if let source = new.source { sources[source.kind] = source.id }
        try put(
            old, new,
            """
            INSERT INTO payout (id, name, amount, currency, date, paid_date, description, status, person, task_order,
                refund, invoice_split, rate)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, amount = excluded.amount,
                currency = excluded.currency, date = excluded.date, paid_date = excluded.paid_date,
                description = excluded.description, status = excluded.status, person = excluded.person,
                task_order = excluded.task_order, refund = excluded.refund, invoice_split = excluded.invoice_split,
                rate = excluded.rate
            """,
            [
                .text(new.id.text), .text(new.name), .text(new.money.amount.description),
                .text(new.money.currency.code), SQLValue(new.date?.description), SQLValue(new.paidDate?.description),
                .text(new.description), .text(new.status.rawValue), .text(new.person.text),
                SQLValue(sources[.order]), SQLValue(sources[.refund]), SQLValue(sources[.split]),
                SQLValue(new.rate?.text),
            ])
    }

    /// What the database would refuse, said in words.
    private func check(_ payout: Payout) throws {
        if let rate = payout.rate {
            try belongs(
                "SELECT contractor FROM contractor_rate WHERE id = ?1", rate.text, "rate '\(rate)'", payout.person)
        }
        guard let source = payout.source else { return }
        let sql =
            switch source {
            case .order: "SELECT contractor FROM task_order WHERE id = ?1"
            case .refund: "SELECT contractor FROM refund_request WHERE id = ?1"
            case .split: "SELECT person FROM invoice_split WHERE id = ?1"
            }
        try belongs(sql, source.id, "\(source.kind.rawValue) '\(source.id)'", payout.person)
        if payout.status == .cancelled { return }
        let other = try connection.first(
            """
            SELECT id FROM payout
            WHERE source_kind = ?1 AND source_id = ?2 AND status <> 'Cancelled' AND id <> ?3
            """, .text(source.kind.rawValue), .text(source.id), .text(payout.id.text), row: { $0.text(0) })
        if let other { throw Misfit(message: "'\(source.id)' is paid by '\(other)' already; cancel that first") }
    }

    private func belongs(_ sql: String, _ id: String, _ what: String, _ person: ContractorID) throws {
        guard let owner = try connection.first(sql, .text(id), row: { $0.textOrNil(0) }) else {
            throw Misfit(message: "there is no \(what)")
        }
        if owner != person.text { throw Misfit(message: "the \(what) is not that of '\(person)'") }
    }

    private func know(_ contractor: ContractorID?) throws {
        guard let contractor, contractors[contractor] == nil else { return }
        throw Misfit(message: "there is no contractor '\(contractor)'")
    }
}
