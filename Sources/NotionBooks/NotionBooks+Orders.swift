public import BackOffice
import Decimals
import Notion

extension NotionBooks: Books {
    /// A look for the order's title, then, when it is not there, the order: two requests, and one for the contractor's
    /// name where nobody has read it yet. One that is there takes a look at its lines, unless it is known whose it is:
    /// contractors may bear the same name, and an order whose lines name another is another's. In this process one after
    /// the other is looked for, so that an order without lines is not two contractors'.
    public func ensureOrder(of contractor: ContractorID, month: Month) async throws -> EnsuredOrder {
        let table = try await table(.orders)
        var discord = memory.discord(contractor)
        if discord == nil { discord = try await people([contractor])[contractor]?.discord }
        guard let discord, !discord.isEmpty else { throw BooksError.noContractor(contractor) }
        let title = Order.title(discord: discord, month: month)
        let filter = NotionFilter.and(
            table.date(.orderDate, in: month) + [
                table.equals(.orderType, Self.orderType), .property("title", "title", .equals(title)),
            ])
        let find = table.query(filter, sorts: [.timestamp("created_time", ascending: true)])
        return try await memory.titles.call(title) {
            let (page, created) = try await ensure(
                in: table,
                [
                    table.choice(.orderType, Self.orderType), table.choice(.orderStatus, OrderStatus.draft.rawValue),
                    table.change(.orderDate, .date(NotionDate(start: month.lastDay.description))),
                    (table.source.titleName, .title(title)),
                ].properties, isNew: false
            ) {
                for page in try await client.all(find) where try await isFree(OrderID(page.id), for: contractor, table)
                {
                    return page
                }
                return nil
            }
            let order = try order(page, of: contractor, month, table)
            if created { memory.keep([OrderLine](), order.id) }
            return EnsuredOrder(order: order, created: created)
        }
    }

    /// Whether the order is the contractor's, or may be: no line of it names another.
    private func isFree(_ order: OrderID, for contractor: ContractorID, _ table: NotionTable) async throws -> Bool {
        if let owner = memory.owner(order) { return owner == contractor }
        var lines: [OrderLine] = []
        var owners: Set<ContractorID> = []
        for (page, deployment) in try await linePages(of: order, table) {
            lines.append(try await line(page, order, DeploymentID(deployment), table))
            let shown = try table.pages(.lineContractor, page)
            if shown.isEmpty {
                let deployments = try await self.table(.deployments)
                owners.formUnion(
                    try deployments.pages(.deploymentContractor, try await client.page(deployment)).map {
                        ContractorID($0)
                    })
            } else {
                owners.formUnion(shown.map { ContractorID($0) })
            }
        }
        memory.keep(lines, order)
        return owners.isSubset(of: [contractor])
    }

    /// A new line: three requests, of which one reads the order and one writes it; two where Notion keeps both sides of
    /// the relation alike. A changed one: two. Before the first line of an order that was there, one more that reads its
    /// lines.
    public func putLine(_ draft: LineDraft) async throws -> LineWrite {
        let table = try await table(.orders)
        let line = try await lines(of: draft.order, table).first { $0.deployment == draft.deployment }
        guard let line else {
            return try await makeLine(
                OrderLine(
                    id: "", order: draft.order, deployment: draft.deployment, hours: draft.hours,
                    summary: draft.summary,
                    status: .pendingFeedback, entries: draft.entries), table)
        }
        if line.says(hours: draft.hours, entries: draft.entries) { return LineWrite(line: line.id, change: .unchanged) }
        var changed = line
        changed.hours = draft.hours
        changed.summary = draft.summary
        changed.entries = draft.entries
        changed.status = .pendingApproval
        try await write(
            changed,
            [
                table.change(.lineHours, .number(changed.hours)), table.change(.lineSummary, .text(changed.summary)),
                table.change(.lineEntries, .relation(try Self.notion(changed.entries))),
                table.choice(.orderStatus, changed.status.rawValue),
            ], table)
        await reopen(draft.order, table)
        return LineWrite(line: line.id, change: .updated)
    }

    public func putHours(line id: LineID, hours: Hours, entries: [EntryID]) async throws -> LineWrite {
        let table = try await table(.orders)
        let page: NotionPage
        do {
            page = try await client.page(try id.notion())
        } catch NotionError.refused(let refusal) where refusal.isNotFound {
            throw BooksError.noLine(id)
        }
        guard let order = try table.pages(.lineOrder, page).first.map({ OrderID($0) }),
            let deployment = try table.pages(.lineDeployment, page).first.map({ DeploymentID($0) })
        else { throw BooksError.damaged(table: "orders", id: id.text, column: table.name(.lineOrder)) }
        var line = try await line(page, order, deployment, table)
        if line.says(hours: hours, entries: entries) { return LineWrite(line: id, change: .unchanged) }
        line.hours = hours
        line.entries = entries
        try await write(
            line,
            [
                table.change(.lineHours, .number(hours)),
                table.change(.lineEntries, .relation(try Self.notion(entries))),
            ], table)
        return LineWrite(line: id, change: .updated)
    }

    public func ensureLine(order: OrderID, deployment: DeploymentID) async throws -> LineWrite {
        let table = try await table(.orders)
        if let line = try await lines(of: order, table).first(where: { $0.deployment == deployment }) {
            return LineWrite(line: line.id, change: .unchanged)
        }
        return try await makeLine(
            OrderLine(
                id: "", order: order, deployment: deployment, hours: 0, summary: "", status: .draft, entries: []), table
        )
    }

    // MARK: - Lines

    /// The lines of an order, the first made first: read, unless that was done moments ago.
    func lines(of order: OrderID, _ table: NotionTable) async throws -> [OrderLine] {
        if let lines = memory.lines(order) { return lines }
        let lines = try await readLines(of: order, table)
        memory.keep(lines, order)
        return lines
    }

    private func readLines(of order: OrderID, _ table: NotionTable) async throws -> [OrderLine] {
        var lines: [OrderLine] = []
        for (page, deployment) in try await linePages(of: order, table) {
            lines.append(try await line(page, order, DeploymentID(deployment), table))
        }
        return lines
    }

    private func linePages(
        of order: OrderID, _ table: NotionTable
    ) async throws -> [(page: NotionPage, deployment: NotionID)] {
        let filter = table.contains(.lineOrder, anyOf: [try order.notion()])[0]
        return try await client.all(table.query(filter, sorts: [.timestamp("created_time", ascending: true)]))
            .compactMap { page in try table.pages(.lineDeployment, page).first.map { (page, $0) } }
    }

    private func makeLine(_ line: OrderLine, _ table: NotionTable) async throws -> LineWrite {
        let deployment = try line.deployment.notion()
        let order = try line.order.notion()
        let head = try await head(of: line.order, table)
        let filter = NotionFilter.and(
            table.contains(.lineOrder, anyOf: [order]) + table.contains(.lineDeployment, anyOf: [deployment]))
        let properties = [
            table.choice(.orderType, Self.lineType), table.choice(.orderStatus, line.status.rawValue),
            table.change(.orderDate, .date(head.date.map { NotionDate(start: $0.description) })),
            table.change(.lineOrder, .relation([order])), table.change(.lineDeployment, .relation([deployment])),
            table.change(.lineHours, .number(line.hours)), table.change(.lineSummary, .text(line.summary)),
            table.change(.lineEntries, .relation(try Self.notion(line.entries))),
            (table.source.titleName, .title(head.title)),
        ].properties
        let page: NotionPage
        do {
            page = try await ensure(in: table, properties, isNew: true) { try await client.first(table.query(filter)) }
                .page
        } catch {
            // What is there is not known any more.
            memory.forget(line.order)
            throw error
        }
        var made = line
        made.id = LineID(page.id)
        memory.keep(made)
        await link(page.id, to: order, line.order, table)
        return LineWrite(line: made.id, change: .created)
    }

    private func head(of order: OrderID, _ table: NotionTable) async throws -> NotionMemory.Head {
        if let head = memory.head(order) { return head }
        let page: NotionPage
        do {
            page = try await client.page(try order.notion())
        } catch NotionError.refused(let refusal) where refusal.isNotFound {
            throw BooksError.noOrder(order)
        }
        let head = NotionMemory.Head(title: page.title, date: try table.day(.orderDate, page))
        memory.keep(head, order)
        return head
    }

    /// Adds the line to those that the order shows. What others added since it was read is not lost but by a hair's breadth:
    /// Notion replaces the list as a whole. A failure is logged; the line says itself whose it is.
    private func link(_ line: NotionID, to page: NotionID, _ order: OrderID, _ table: NotionTable) async {
        let name = table.name(.orderLines)
        do {
            for attempt in 1...3 {
                let now = try await client.page(page)
                let shown = try await client.pages(name, of: now)
                if shown.contains(line) { return }
                do {
                    try await client.update(page, [name: .relation(shown + [line])])
                    return
                } catch NotionError.refused(let refusal) where refusal.isConflict && attempt < 3 {
                } catch NotionError.unknownOutcome where attempt < 3 {
                }
            }
        } catch {
            log(
                .error, "line not linked into its order", ["order": order.text, "line": "\(line)", "error": "\(error)"])
        }
    }

    /// A late change opens the approval again, whatever came of it before.
    private func reopen(_ order: OrderID, _ table: NotionTable) async {
        do {
            let status = OrderStatus.pendingApproval.rawValue
            try await change(try order.notion(), [table.choice(.orderStatus, status)].properties) {
                try table.string(.orderStatus, $0) == status
            }
        } catch {
            log(.error, "order not set to pending approval", ["order": order.text, "error": "\(error)"])
        }
    }

    private func write(_ line: OrderLine, _ changes: [(String, NotionChange)], _ table: NotionTable) async throws {
        do {
            try await change(try line.id.notion(), changes.properties) { page in
                let now = try await self.line(page, line.order, line.deployment, table)
                return now.says(hours: line.hours, entries: line.entries) && now.summary == line.summary
                    && now.status == line.status
            }
        } catch {
            memory.forget(line.order)
            throw error
        }
        memory.keep(line)
    }

    private static func notion(_ entries: [EntryID]) throws(NotionBooksError) -> [NotionID] {
        var seen: Set<NotionID> = []
        var ids: [NotionID] = []
        for entry in entries {
            let id = try entry.notion()
            if seen.insert(id).inserted { ids.append(id) }
        }
        return ids
    }
}
