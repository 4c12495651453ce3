/// Payout books that cost what they cost the system before this one; see ``MeteredBooks``.
///
/// | step | requests |
/// | --- | --- |
/// | candidates | one for each 100, at least one; for orders a page read for each contractor's name |
/// | rates | one for each 100; a page read for each contractor found, five at a time |
/// | payouts that are there | one for each 100 |
/// | positions | a page read for each contractor, five at a time |
/// | payout | create |
/// | order done | write it, ask for its lines; two reads and a write for each line, so many lines at a time |
public struct MeteredPayoutBooks: PayoutBooks {
    private let books: any PayoutBooks
    public let meter: CallMeter
    private let lines: @Sendable (OrderID) async throws -> Int

    /// - Parameter lines: how many lines an order has; asking that is not counted.
    public init(
        _ books: any PayoutBooks, meter: CallMeter, lines: @escaping @Sendable (OrderID) async throws -> Int
    ) {
        self.books = books
        self.meter = meter
        self.lines = lines
    }

    public func payableOrders(_ query: PayableOrderQuery) async throws -> [PayableOrder] {
        let orders = try await books.payableOrders(query)
        try await meter.chargePages("orders.query", of: orders.count)
        try await read("contractor.name", of: Array(Set(orders.compactMap(\.contractor))))
        return orders
    }

    public func approvedRefunds() async throws -> [RefundRequest] {
        let refunds = try await books.approvedRefunds()
        try await meter.chargePages("refunds.query", of: refunds.count)
        return refunds
    }

    public func pendingSplits() async throws -> [InvoiceSplit] {
        let splits = try await books.pendingSplits()
        try await meter.chargePages("splits.query", of: splits.count)
        return splits
    }

    public func rates(_ needs: RateNeeds) async throws -> [ContractorRate] {
        let rates = try await books.rates(needs)
        try await meter.chargePages("rates.query", of: rates.count)
        try await read("contractor.read", of: Array(Set(rates.map(\.contractor))))
        return rates
    }

    public func livePayouts(of sources: [PayoutSource]) async throws -> [PayoutSource: LivePayout] {
        let payouts = try await books.livePayouts(of: sources)
        try await meter.chargePages("payouts.query", of: payouts.count)
        return payouts
    }

    public func positions(of contractors: [ContractorID]) async throws -> [ContractorID: [String]] {
        let positions = try await books.positions(of: contractors)
        try await read("positions.read", of: contractors)
        return positions
    }

    public func create(_ draft: PayoutDraft) async throws -> PayoutWrite {
        try await meter.charge("payout.create")
        return try await books.create(draft)
    }

    public func complete(_ order: OrderID, revision: String?, linesAtOnce: Int) async throws {
        try await meter.charge("order.update", "lines.query")
        _ = try await SideBySide.map(Array(0..<(try await lines(order))), atOnce: linesAtOnce) { _ in
            try await meter.charge("line.read", "line.read", "line.update")
        }
        try await books.complete(order, revision: revision, linesAtOnce: linesAtOnce)
    }

    private func read(_ name: String, of contractors: [ContractorID]) async throws {
        _ = try await SideBySide.map(contractors, atOnce: SideBySide.positionReads) { _ in
            try await meter.charge(name)
        }
    }
}
