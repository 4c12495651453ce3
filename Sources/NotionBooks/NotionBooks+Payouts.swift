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

    /// One request for each fifty sources.
    public func livePayouts(of sources: [PayoutSource]) async throws -> [PayoutSource: LivePayout] {
        guard !sources.isEmpty else { return [:] }
        var found: [PayoutSource: LivePayout] = [:]
        let table = try await table(.payouts)
        for kind in PayoutSource.Kind.allCases {
            let ids = Set(sources.filter { $0.kind == kind }.map(\.id)).sorted()
            let field = Self.field(of: kind)
            for group in table.contains(field, anyOf: try ids.map { try OrderID($0).notion() }) {
                for payout in try await live(group, field, kind, table) {
                    for source in payout.sources {
                        if found[source] == nil {
                            found[source] = payout.payout
                        } else {
                            found[source]?.others.append(payout.payout)
                        }
                    }
                }
            }
        }
        let wanted = Set(sources)
        return found.filter { wanted.contains($0.key) }
    }

    private struct Found {
        var page: NotionID
        var payout: LivePayout
        var sources: [PayoutSource]
        /// Whether nobody has done anything with it yet.
        var isPending: Bool
    }

    /// Payouts that are not Cancelled, the first made first. The status is looked at here: Notion refuses to be asked for
    /// a word that is no option of the property, as Cancelled may not be where nothing ever was.
    private func live(
        _ group: NotionFilter, _ field: NotionField, _ kind: PayoutSource.Kind, _ table: NotionTable
    ) async throws -> [Found] {
        let pages = try await client.all(table.query(group, sorts: [.timestamp("created_time", ascending: true)]))
        return try pages.compactMap { page in
            let status = try table.string(.payoutStatus, page)
            if status == Payout.Status.cancelled.rawValue { return nil }
            return Found(
                page: page.id,
                payout: LivePayout(
                    id: PayoutID(page.id), run: try table.string(.payoutRun, page).flatMap { $0.isEmpty ? nil : $0 },
                    money: try fault(page, .payoutAmount, .payoutCurrency, table) == nil
                        ? try money(page, .payoutAmount, .payoutCurrency, table) : nil),
                sources: try table.pages(field, page).map { PayoutSource(kind, id: $0.description) },
                isPending: status == Payout.Status.pending.rawValue)
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
    /// once more after. Notion refuses no second payout, so whoever finds another beside his own takes his own back: of two
    /// runs at the same moment neither may pay then, and the next one will. A payout of this run that is there already, for
    /// it was interrupted, is looked at like one just made.
    public func create(_ draft: PayoutDraft) async throws -> PayoutWrite {
        let table = try await table(.payouts)
        let kind = draft.source.kind
        let source = try OrderID(draft.source.id).notion()
        let field = Self.field(of: kind)
        let group = table.contains(field, anyOf: [source])[0]
        async let before = live(group, field, kind, table)
        let isSame = try await isStill(draft, source)
        let there = try await before
        if !there.isEmpty {
            let mine = there.filter { $0.payout.run == draft.run }
            return try await settle(mine, among: there, draft, table) { try await live(group, field, kind, table) }
        }
        guard isSame else { return .changed }
        var found: Found?
        let made = try await ensure(in: table, try properties(draft, source, table), isNew: true) {
            let there = try await live(group, field, kind, table)
            found = there.first { $0.payout.run == draft.run } ?? there.first
            return found.map { NotionPage(id: $0.page) }
        }
        let after = try await live(group, field, kind, table)
        var mine = after.filter { $0.payout.run == draft.run }
        // What was found after an answer was lost may be another run's, where the books keep whose it is.
        let isMine = found.map { !table.has(.payoutRun) || $0.payout.run == draft.run } ?? true
        if isMine, !mine.contains(where: { $0.page == made.page.id }) {
            let payout = LivePayout(id: PayoutID(made.page.id), run: draft.run, money: draft.money)
            mine.append(found ?? Found(page: made.page.id, payout: payout, sources: [draft.source], isPending: true))
        }
        switch try await settle(mine, among: after, draft, table, { try await live(group, field, kind, table) }) {
        case .alreadyThere(let kept) where mine.contains { $0.payout.id == kept.id }: return .created(kept.id)
        case let write: return write
        }
    }

    /// Leaves one payout of the source: another's, else one of this run's.
    ///
    /// - Parameters:
    ///   - mine: what this run made, more than one where an answer was lost for long.
    ///   - look: the source's payouts as they are now.
    /// - Returns: the payout that stays; `changed` when the other is gone by now too.
    /// - Throws: `BooksError.doubled` where others made several, or what has to go is not Pending any more or cannot be
    ///   written.
    private func settle(
        _ mine: [Found], among all: [Found], _ draft: PayoutDraft, _ table: NotionTable,
        _ look: () async throws -> [Found]
    ) async throws -> PayoutWrite {
        let pages = Set(mine.map(\.page))
        let others = all.filter { !pages.contains($0.page) }
        let kept = others.isEmpty ? mine.first { !$0.isPending } ?? mine.first : nil
        let surplus = mine.filter { $0.page != kept?.page }
        let doubled = BooksError.doubled(draft.source, (mine + others).map(\.payout.id))
        guard surplus.allSatisfy(\.isPending) else { throw doubled }
        let cancelled = Payout.Status.cancelled.rawValue
        for payout in surplus {
            do {
                try await change(payout.page, [table.choice(.payoutStatus, cancelled)].properties) {
                    try table.string(.payoutStatus, $0) == cancelled
                }
            } catch {
                throw doubled
            }
        }
        if let kept { return .alreadyThere(kept.payout) }
        let left = surplus.isEmpty ? others : try await look().filter { !pages.contains($0.page) }
        guard let other = left.first else { return .changed }
        guard left.count == 1 else { throw BooksError.doubled(draft.source, left.map(\.payout.id)) }
        return .alreadyThere(other.payout)
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
