public import BackOffice
import Decimals
import Notion

/// What is to be paid.
extension NotionBooks {
    /// One request for each hundred orders, one for each fifty orders' lines (more where they have more than a hundred), and
    /// one page for each contractor, whose positions are then known too.
    ///
    /// Hours are added up here from the lines, exactly: a roll-up of Notion's adds in binary. An order that names several
    /// contractors, by its own roll-up or by its lines, is nobody's and has a fault.
    public func payableOrders(_ query: PayableOrderQuery) async throws -> [PayableOrder] {
        let table = try await table(.orders)
        var filter = [table.equals(.orderType, Self.orderType)]
        if !query.everyStatus { filter.append(table.equals(.orderStatus, OrderStatus.approved.rawValue)) }
        if let month = query.month { filter += table.date(.orderDate, in: month) }
        let heads = try await client.all(table.query(.and(filter)), splitting: true)
        var hours: [NotionID: Hours] = [:]
        var owners: [NotionID: [ContractorID]] = [:]
        for page in heads { owners.add(try table.pages(.lineContractor, page), to: page.id) }
        for group in table.contains(.lineOrder, anyOf: heads.map(\.id)) {
            for page in try await client.all(table.query(group)) where try isLine(page, table) {
                guard let order = try table.pages(.lineOrder, page).first else { continue }
                hours[order] = try hours[order, default: 0].adding(try table.number(.lineHours, page) ?? 0)
                owners.add(try table.pages(.lineContractor, page), to: order)
            }
        }
        let shown = Set(owners.values.joined().map(\.text) + heads.map { Self.discord(inTitle: $0.title) })
        let people = try await people(Array(owners.values.joined()), among: shown, query)
        return try heads.map { page in
            let named = owners[page.id] ?? []
            let contractor = named.count == 1 ? named[0] : nil
            var order = PayableOrder(
                id: OrderID(page.id), contractor: contractor,
                contractorName: contractor.flatMap { people[$0]?.name } ?? "",
                discord: Self.discord(inTitle: page.title),
                date: try table.day(.orderDate, page), hours: hours[page.id] ?? 0, revision: try revision(page, table))
            if named.count > 1 {
                order.fault = "names several contractors: \(named.map(\.text).sorted().joined(separator: ", "))"
                order.claimants = Set(named.map(\.text) + named.compactMap { people[$0]?.name })
            }
            return order
        }.sorted { $0.id < $1.id }
    }

    /// Who they are, as far as they can be read; all of them where it depends on a name whom `query` is about.
    ///
    /// - Parameter shown: ids and names on the chat server that the orders show by themselves.
    private func people(
        _ contractors: [ContractorID], among shown: Set<String>, _ query: PayableOrderQuery
    ) async throws -> [ContractorID: NotionMemory.Person] {
        guard let wanted = query.contractor, !shown.contains(wanted) else {
            return try await peopleIfThere(contractors)
        }
        let people = try await people(contractors)
        if !people.values.contains(where: { $0.name == wanted }),
            let unknown = contractors.filter({ people[$0] == nil }).min()
        {
            throw BooksError.noContractor(unknown)
        }
        return people
    }

    /// The second part of `ORD :: discord :: 202501`.
    private static func discord(inTitle title: String) -> String {
        var parts: [Substring] = []
        var rest = Substring(title)
        while let separator = rest.firstRange(of: " :: ") {
            parts.append(rest[..<separator.lowerBound])
            rest = rest[separator.upperBound...]
        }
        parts.append(rest)
        return parts.count > 1 ? String(parts[1]) : ""
    }

    /// What an order says that an amount follows from: status, date, the sum of its lines as Notion has it, and which they
    /// are.
    func revision(_ page: NotionPage, _ table: NotionTable) throws -> String {
        let subtotal = try table.number(.orderSubtotal, page)?.description ?? ""
        let lines = try table.pages(.orderLines, page).map(\.description).sorted().joined(separator: ",")
        let status = try table.string(.orderStatus, page) ?? ""
        return "\(status)|\(try table.day(.orderDate, page)?.description ?? "")|\(subtotal)|\(lines)"
    }

    public func approvedRefunds() async throws -> [RefundRequest] {
        let table = try await table(.refunds)
        let pages = try await client.all(
            table.query(table.equals(.refundStatus, RefundRequest.approved)), splitting: true)
        let contractors = try pages.compactMap { try table.pages(.refundContractor, $0).first.map { ContractorID($0) } }
        let people = try await peopleIfThere(contractors)
        var refunds: [RefundRequest] = []
        for page in pages {
            let contractor = try table.pages(.refundContractor, page).first.map { ContractorID($0) }
            var refund = RefundRequest(
                id: RefundID(page.id), refundID: page.title,
                money: try money(page, .refundAmount, .refundCurrency, table), contractor: contractor)
            refund.fault = try fault(page, .refundAmount, .refundCurrency, table)
            if let contractor { refund.contractorName = people[contractor]?.name ?? "" }
            refund.reason = try table.string(.refundReason, page) ?? ""
            refund.description = try table.string(.refundDescription, page) ?? ""
            refund.formattedDescription = try table.string(.refundFormatted, page) ?? ""
            refund.details = try table.string(.refundDetails, page) ?? ""
            refund.dateRequested = try table.day(.refundDate, page)
            refund.status = try table.string(.refundStatus, page) ?? ""
            refund.revision = try revision(
                page, .refundStatus, .refundAmount, .refundCurrency, .refundContractor, table)
            refunds.append(refund)
        }
        return refunds.sorted { $0.id < $1.id }
    }

    public func pendingSplits() async throws -> [InvoiceSplit] {
        let table = try await table(.splits)
        let pages = try await client.all(
            table.query(table.equals(.splitStatus, InvoiceSplit.pending)), splitting: true)
        var splits: [InvoiceSplit] = []
        for page in pages {
            // Not asked of Notion, which refuses a type that the company does not have.
            guard let type = try table.string(.splitType, page), InvoiceSplit.payableTypes.contains(type) else {
                continue
            }
            var split = InvoiceSplit(
                id: SplitID(page.id), name: page.title, autoName: try table.string(.splitAutoName, page) ?? "",
                money: try money(page, .splitAmount, .splitCurrency, table), type: type,
                person: try table.pages(.splitPerson, page).first.map { ContractorID($0) })
            split.fault = try fault(page, .splitAmount, .splitCurrency, table)
            split.role = try table.string(.splitRole, page) ?? ""
            split.month = try table.day(.splitMonth, page)
            split.description = try table.string(.splitDescription, page) ?? ""
            split.status = try table.string(.splitStatus, page) ?? ""
            split.revision = try revision(page, .splitStatus, .splitAmount, .splitCurrency, .splitPerson, table)
            splits.append(split)
        }
        return splits.sorted { $0.id < $1.id }
    }

    /// What a request says that its payout follows from.
    func revision(
        _ page: NotionPage, _ status: NotionField, _ amount: NotionField, _ currency: NotionField,
        _ person: NotionField,
        _ table: NotionTable
    ) throws -> String {
        let words = [
            try table.string(status, page) ?? "", try table.number(amount, page)?.description ?? "",
            try table.string(currency, page) ?? "", try table.pages(person, page).first?.description ?? "",
        ]
        return words.joined(separator: "|")
    }

    /// What is stated; where something is missing, ``fault(_:_:_:_:)`` says so.
    func money(
        _ page: NotionPage, _ amount: NotionField, _ currency: NotionField, _ table: NotionTable
    ) throws -> Money {
        Money(
            try table.number(amount, page) ?? 0,
            try table.string(currency, page).flatMap { Currency($0) } ?? .none)
    }

    /// What keeps its amount from being known; nil when nothing does.
    func fault(
        _ page: NotionPage, _ amount: NotionField, _ currency: NotionField, _ table: NotionTable
    ) throws -> String? {
        if try table.number(amount, page) == nil { return "\(table.name(amount)) is not set" }
        guard let code = try table.string(currency, page), !code.isEmpty else {
            return "\(table.name(currency)) is not set"
        }
        return Currency(code) == nil
            ? "\(table.name(currency)) is \(code); three letters as in USD are a currency" : nil
    }
}

extension [NotionID: [ContractorID]] {
    /// Each once, in the order in which they come.
    fileprivate mutating func add(_ contractors: [NotionID], to order: NotionID) {
        for contractor in contractors.map({ ContractorID($0) }) where !self[order, default: []].contains(contractor) {
            self[order, default: []].append(contractor)
        }
    }
}
