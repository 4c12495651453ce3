public import BackOffice
import Decimals
import Notion

extension NotionBooks {
    /// Orders and lines of the month by one query, deployments by another, both at once: a request for each hundred rows. A
    /// line of more than 25 entries takes one more for each hundred of them. Where an order of the month has no line yet,
    /// it can only be known by its title, which takes the names of those contractors whose order was not found.
    public func lookups(month: Month, contractors: [ContractorID]) async throws -> any OrderLookups {
        async let deployments = deployments(of: contractors)
        let table = try await table(.orders)
        let pages = try await client.all(table.query(.and(table.date(.orderDate, in: month))), splitting: true)
            .sorted { ($0.createdTime, $0.id) < ($1.createdTime, $1.id) }
        let all = try await deployments
        let byID = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let wanted = Set(contractors)

        var lines: [OrderLine] = []
        // An order is that of its first line's contractor: of one in question, or of somebody else.
        var owners: [OrderID: ContractorID] = [:]
        var foreign: Set<OrderID> = []
        for page in pages where try isLine(page, table) {
            guard let order = try table.pages(.lineOrder, page).first.map({ OrderID($0) }),
                let deployment = try table.pages(.lineDeployment, page).first.map({ DeploymentID($0) })
            else { continue }
            // The roll-up where it shows somebody, else the deployment itself.
            let contractor =
                try table.pages(.lineContractor, page).first.map { ContractorID($0) }
                ?? byID[deployment]?.contractor
            guard let contractor, wanted.contains(contractor) else {
                if owners[order] == nil { foreign.insert(order) }
                continue
            }
            if owners[order] == nil, !foreign.contains(order) { owners[order] = contractor }
            lines.append(try await line(page, order, deployment, table))
        }
        let heads = try pages.filter { try !isLine($0, table) }
        var orders = try self.orders(heads, owners, month, table)
        // An order that the month does not show has lines all the same.
        let shown = Set(orders.map(\.id))
        for (order, contractor) in owners.sorted(by: { $0.key < $1.key }) where !shown.contains(order) {
            orders.append(Order(id: order, contractor: contractor, month: month, title: "", status: .draft))
        }
        let orphans = heads.filter { !foreign.contains(OrderID($0.id)) }
        orders += try await childless(orphans, owners, wanted.subtracting(owners.values), month, table)
        return MonthSnapshot(orders: orders, deployments: all, lines: lines)
    }

    /// Deployments of these contractors, whatever their status. Few contractors are asked for by name.
    private func deployments(of contractors: [ContractorID]) async throws -> [Deployment] {
        guard !contractors.isEmpty else { return [] }
        let table = try await table(.deployments)
        let filter: NotionFilter? =
            contractors.count <= NotionTable.relationsPerFilter
                && table.source.properties[table.name(.deploymentContractor)]?.type == "relation"
            ? table.contains(
                .deploymentContractor, anyOf: try contractors.map { id throws(NotionBooksError) in try id.notion() })[0]
            : nil
        let wanted = Set(contractors)
        let pages = try await client.all(table.query(filter), splitting: true)
            .sorted { ($0.createdTime, $0.id) < ($1.createdTime, $1.id) }
        return Self.firsts(try pages.compactMap { try deployment($0, table) }.filter { wanted.contains($0.contractor) })
    }

    static let lineType = "Timesheet"
    static let orderType = "Order"

    func isLine(_ page: NotionPage, _ table: NotionTable) throws -> Bool {
        try table.string(.orderType, page) == Self.lineType
    }

    func line(
        _ page: NotionPage, _ order: OrderID, _ deployment: DeploymentID, _ table: NotionTable
    ) async throws -> OrderLine {
        OrderLine(
            id: LineID(page.id), order: order, deployment: deployment, hours: try table.number(.lineHours, page) ?? 0,
            summary: try table.string(.lineSummary, page) ?? "",
            status: Self.orderStatus(try table.string(.orderStatus, page)),
            entries: try await client.pages(table.name(.lineEntries), of: page).map { EntryID($0) }.sorted())
    }

    /// A word that is unknown here is a draft's: nothing is decided by it.
    static func orderStatus(_ word: String?) -> OrderStatus { word.flatMap { OrderStatus(rawValue: $0) } ?? .draft }

    func order(_ page: NotionPage, of contractor: ContractorID, _ month: Month, _ table: NotionTable) throws -> Order {
        memory.keep(
            NotionMemory.Head(title: page.title, date: try table.day(.orderDate, page)), OrderID(page.id))
        memory.keep(owner: contractor, OrderID(page.id))
        return Order(
            id: OrderID(page.id), contractor: contractor, month: month, title: page.title,
            status: Self.orderStatus(try table.string(.orderStatus, page)))
    }

    /// Those whose lines say whose they are.
    private func orders(
        _ heads: [NotionPage], _ owners: [OrderID: ContractorID], _ month: Month, _ table: NotionTable
    ) throws -> [Order] {
        try heads.compactMap { page in
            try owners[OrderID(page.id)].map { try order(page, of: $0, month, table) }
        }
    }

    /// Orders without a line of anybody, by their titles; each is one contractor's, though several may bear one name.
    private func childless(
        _ heads: [NotionPage], _ owners: [OrderID: ContractorID], _ wanted: Set<ContractorID>, _ month: Month,
        _ table: NotionTable
    ) async throws -> [Order] {
        var orphans = try heads.filter { page in
            try owners[OrderID(page.id)] == nil && table.string(.orderType, page) == Self.orderType
        }
        guard !orphans.isEmpty, !wanted.isEmpty else { return [] }
        var orders: [Order] = []
        let unnamed = wanted.filter { memory.discord($0) == nil }.sorted()
        let people = try await people(unnamed)
        for contractor in wanted.sorted() {
            guard let discord = memory.discord(contractor) ?? people[contractor]?.discord else { continue }
            let title = Order.title(discord: discord, month: month)
            let place = orphans.firstIndex { page in
                page.title == title && memory.owner(OrderID(page.id)).map { $0 == contractor } ?? true
            }
            if let place { orders.append(try order(orphans.remove(at: place), of: contractor, month, table)) }
        }
        return orders
    }
}
