public import BackOffice
import Decimals
import Notion

/// What is to be paid.
extension NotionBooks {
    /// One request for each hundred orders, one for each fifty orders' lines (more where they have more than a hundred), and
    /// one page for each contractor, whose positions are then known too.
    ///
    /// Hours are added up here from the lines, exactly: a roll-up of Notion's adds in binary.
    public func payableOrders(_ query: PayableOrderQuery) async throws -> [PayableOrder] {
        let table = try await table(.orders)
        var filter = [table.equals(.orderType, Self.orderType)]
        if !query.everyStatus { filter.append(table.equals(.orderStatus, OrderStatus.approved.rawValue)) }
        if let month = query.month { filter += table.date(.orderDate, in: month) }
        let heads = try await client.all(table.query(.and(filter)), splitting: true)
        var hours: [NotionID: Hours] = [:]
        var owners: [NotionID: ContractorID] = [:]
        for group in table.contains(.lineOrder, anyOf: heads.map(\.id)) {
            for page in try await client.all(table.query(group)) where try isLine(page, table) {
                guard let order = try table.pages(.lineOrder, page).first else { continue }
                hours[order] = try hours[order, default: 0].adding(try table.number(.lineHours, page) ?? 0)
                if let owner = try table.pages(.lineContractor, page).first, owners[order] == nil {
                    owners[order] = ContractorID(owner)
                }
            }
        }
        let people = try await peopleIfThere(Array(owners.values))
        return try heads.map { page in
            // The order's own roll-up, where there is one, goes before its lines.
            let contractor = try table.pages(.lineContractor, page).first.map { ContractorID($0) } ?? owners[page.id]
            return PayableOrder(
                id: OrderID(page.id), contractor: contractor,
                contractorName: contractor.flatMap { people[$0]?.name } ?? "",
                discord: Self.discord(inTitle: page.title),
                date: try table.day(.orderDate, page), hours: hours[page.id] ?? 0, revision: try revision(page, table))
        }.sorted { $0.id < $1.id }
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
        let types = NotionFilter.or(InvoiceSplit.payableTypes.map { table.equals(.splitType, $0) })
        let pages = try await client.all(
            table.query(.and([table.equals(.splitStatus, InvoiceSplit.pending), types])), splitting: true)
        var splits: [InvoiceSplit] = []
        for page in pages {
            var split = InvoiceSplit(
                id: SplitID(page.id), name: page.title, autoName: try table.string(.splitAutoName, page) ?? "",
                money: try money(page, .splitAmount, .splitCurrency, table),
                type: try table.string(.splitType, page) ?? "",
                person: try table.pages(.splitPerson, page).first.map { ContractorID($0) })
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

    private func money(
        _ page: NotionPage, _ amount: NotionField, _ currency: NotionField, _ table: NotionTable
    ) throws -> Money {
        guard let number = try table.number(amount, page) else {
            throw BooksError.damaged(
                table: table.source.id.description, id: page.id.description, column: table.name(amount))
        }
        guard let unit = try table.string(currency, page).flatMap({ Currency($0) }) else {
            throw BooksError.damaged(
                table: table.source.id.description, id: page.id.description, column: table.name(currency))
        }
        return Money(number, unit)
    }
}
