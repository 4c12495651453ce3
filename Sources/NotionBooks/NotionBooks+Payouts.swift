public import BackOffice
import Decimals
import Notion

/// What pays.
extension NotionBooks: PayoutBooks {
    /// One query of all Active rates, those that began last first, which stops once every need is met.
    public func rates(_ needs: RateNeeds) async throws -> [ContractorRate] {
        let wanted = Set(needs.contractors)
        guard !wanted.isEmpty else { return [] }
        let table = try await table(.rates)
        var pages = client.pages(
            table.query(
                table.equals(.rateStatus, ContractorRate.active),
                sorts: [.property(table.name(.rateStart), ascending: false)]))
        var rates: [ContractorRate] = []
        while let some = try await pages.next() {
            for page in some {
                let rate = try rate(page, table)
                if wanted.contains(rate.contractor) { rates.append(rate) }
            }
            // Where rates without a beginning stand in the order is Notion's affair, so they do not end the search.
            if needs.areMet(by: rates.filter { $0.startDate != nil }) { break }
        }
        return rates.sorted { one, other in
            one.contractor == other.contractor
                ? ContractorRate.isPreferred(one, to: other) : one.contractor < other.contractor
        }
    }

    /// One request for each fifty sources, fewer when all are found before.
    public func livePayouts(of sources: [PayoutSource]) async throws -> [PayoutSource: LivePayout] {
        var found: [PayoutSource: LivePayout] = [:]
        guard !sources.isEmpty else { return found }
        let table = try await table(.payouts)
        for kind in PayoutSource.Kind.allCases {
            let ids = Set(sources.filter { $0.kind == kind }.map(\.id)).sorted()
            let field = Self.field(of: kind)
            for group in table.contains(field, anyOf: try ids.map { try OrderID($0).notion() }) {
                for payout in try await live(group, field, kind, table) {
                    for source in payout.sources where found[source] == nil { found[source] = payout.payout }
                }
            }
        }
        let wanted = Set(sources)
        return found.filter { wanted.contains($0.key) }
    }

    private struct Found {
        var payout: LivePayout
        var sources: [PayoutSource]
        var createdTime: String
    }

    /// Payouts that are not Cancelled, the first made first.
    private func live(
        _ group: NotionFilter, _ field: NotionField, _ kind: PayoutSource.Kind, _ table: NotionTable
    ) async throws -> [Found] {
        let filter = NotionFilter.and([table.differs(.payoutStatus, Payout.Status.cancelled.rawValue), group])
        let pages = try await client.all(table.query(filter, sorts: [.timestamp("created_time", ascending: true)]))
        return try pages.map { page in
            Found(
                payout: LivePayout(
                    id: PayoutID(page.id), run: try table.string(.payoutRun, page).flatMap { $0.isEmpty ? nil : $0 }),
                sources: try table.pages(field, page).map { PayoutSource(kind, id: $0.description) },
                createdTime: page.createdTime)
        }
    }

    private static func field(of kind: PayoutSource.Kind) -> NotionField {
        switch kind {
        case .order: .payoutOrder
        case .refund: .payoutRefund
        case .split: .payoutSplit
        }
    }

    /// One page for each contractor that nothing is remembered of, five at a time.
    public func positions(of contractors: [ContractorID]) async throws -> [ContractorID: [String]] {
        try await peopleIfThere(contractors).mapValues(\.positions)
    }

    /// Three requests around the one that makes the payout: the source's payouts and the source itself before, its payouts
    /// once more after. Notion refuses no second payout, so whoever finds another beside the one he made takes his own back:
    /// of two runs at the same moment neither may pay then, and the next one will.
    public func create(_ draft: PayoutDraft) async throws -> PayoutWrite {
        let table = try await table(.payouts)
        let kind = draft.source.kind
        let source = try OrderID(draft.source.id).notion()
        let field = Self.field(of: kind)
        let group = table.contains(field, anyOf: [source])[0]
        async let before = live(group, field, kind, table)
        let isSame = try await isStill(draft, source)
        if let there = try await before.first { return .alreadyThere(there.payout) }
        guard isSame else { return .changed }
        var found: LivePayout?
        let made = try await ensure(in: table, try properties(draft, source, table), isNew: true) {
            found = try await live(group, field, kind, table).first?.payout
            return try found.map { NotionPage(id: try OrderID($0.id.text).notion()) }
        }
        // What was found after an answer was lost may be another run's, where the books keep whose it is.
        if let found, table.has(.payoutRun), found.run != draft.run { return .alreadyThere(found) }
        let mine = PayoutID(made.page.id)
        let others = try await live(group, field, kind, table).map(\.payout).filter { $0.id != mine }
        guard let other = others.first else { return .created(mine) }
        do {
            let cancelled = Payout.Status.cancelled.rawValue
            try await change(made.page.id, [table.choice(.payoutStatus, cancelled)].properties) {
                try table.string(.payoutStatus, $0) == cancelled
            }
        } catch {
            throw NotionBooksError.doubled(
                source: draft.source.description, payouts: [mine.text] + others.map(\.id.text))
        }
        return .alreadyThere(other)
    }

    private func properties(
        _ draft: PayoutDraft, _ source: NotionID, _ table: NotionTable
    ) throws -> [String: NotionChange] {
        var properties = [
            (table.source.titleName, NotionChange.title(draft.name)),
            table.change(.payoutAmount, .number(draft.money.amount)),
            table.choice(.payoutCurrency, draft.money.currency.code),
            table.choice(.payoutStatus, Payout.Status.pending.rawValue),
            table.change(.payoutDate, .date(draft.date.map { NotionDate(start: $0.description) })),
            table.change(.payoutDescription, .text(draft.description)),
            table.change(.payoutPerson, .relation([try draft.person.notion()])),
            table.change(Self.field(of: draft.source.kind), .relation([source])),
        ]
        if let rate = draft.rate { properties.append(table.change(.payoutRate, .relation([try rate.notion()]))) }
        if table.has(.payoutRun) { properties.append(table.change(.payoutRun, .text(draft.run))) }
        return properties.properties
    }

    /// Whether the source says what it said when the amount was computed.
    private func isStill(_ draft: PayoutDraft, _ source: NotionID) async throws -> Bool {
        guard let revision = draft.revision else { return true }
        let page: NotionPage
        do {
            page = try await client.page(source)
        } catch NotionError.refused(let refusal) where refusal.isNotFound {
            return false
        }
        guard !page.inTrash else { return false }
        switch draft.source.kind {
        case .order: return try self.revision(page, try await table(.orders)) == revision
        case .refund:
            let table = try await table(.refunds)
            return try self.revision(page, .refundStatus, .refundAmount, .refundCurrency, .refundContractor, table)
                == revision
        case .split:
            let table = try await table(.splits)
            return try self.revision(page, .splitStatus, .splitAmount, .splitCurrency, .splitPerson, table) == revision
        }
    }

    /// The order is read, each line written, then the order: one that is Completed has no line that is not.
    public func complete(_ id: OrderID, revision: String?, linesAtOnce: Int) async throws {
        let table = try await table(.orders)
        let page: NotionPage
        do {
            page = try await client.page(try id.notion())
        } catch NotionError.refused(let refusal) where refusal.isNotFound {
            throw BooksError.noOrder(id)
        }
        let completed = OrderStatus.completed.rawValue
        if try table.string(.orderStatus, page) == completed { return }
        if let revision, try self.revision(page, table) != revision { throw BooksError.changed(id) }
        let isDone: @Sendable (NotionPage) async throws -> Bool = { try table.string(.orderStatus, $0) == completed }
        let status = [table.choice(.orderStatus, completed)].properties
        let lines = try await client.pages(table.name(.orderLines), of: page)
        _ = try await SideBySide.map(lines, atOnce: linesAtOnce) { line in
            try await change(line, status, isDone: isDone)
        }
        try await change(page.id, status, isDone: isDone)
    }
}
