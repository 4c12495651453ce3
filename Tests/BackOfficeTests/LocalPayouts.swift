import JSONCodec
import Linux

@testable import BackOffice

/// Runs payouts as the runner does, plan → preload → process → summarize over a bounded pool, in this process.
struct LocalPayouts {
    var payouts: PayoutRun
    var log = RunLog.silent
    /// Which run this is; two of the same name are one that was interrupted.
    var run: String

    init(
        _ books: any PayoutBooks, settings: PayoutSettings = PayoutSettings(), run: String = "run-1",
        log: RunLog = .silent
    ) {
        payouts = PayoutRun(books: books, settings: settings)
        self.run = run
        self.log = log
    }

    func callAsFunction(_ parameters: PayoutParameters = PayoutParameters(), workers: Int? = nil) async throws
        -> PayoutResult
    {
        let plan = try await payouts.plan(parameters, log)
        // As the runner does: a job without items has nothing to preload.
        if plan.candidates.isEmpty { return payouts.summarize([], parameters, log) }
        // What a worker is given is what was kept on disk.
        let candidates = try plan.candidates.map {
            try JSON.decode(PayoutCandidate.self, from: JSON.text($0))
        }
        let context = try await payouts.preload(parameters, candidates, log)
        let details = try await SideBySide.map(candidates, atOnce: workers ?? plan.workers) { candidate in
            let detail = try await payouts.process(candidate, parameters, context, run: run, log).detail
            return try JSON.decode(PayoutDetail.self, from: JSON.text(detail))
        }
        return payouts.summarize(details, parameters, log)
    }
}

extension PayoutResult {
    /// `id status reason` of each detail.
    var lines: [String] {
        details.map { detail in
            let id =
                switch detail {
                case .payroll(let detail): detail.order.text
                case .refund(let detail): detail.refund.text
                case .split(let detail): detail.split.text
                }
            return "\(id) \(detail.outcome.status.rawValue)\(detail.outcome.reason.map { ": \($0)" } ?? "")"
        }
    }
}

/// Payout books that let every request be watched, and made to fail, by its name: `"create order ord-202501-ada"`.
struct FaultyPayoutBooks: PayoutBooks {
    let books: any PayoutBooks
    let before: @Sendable (String) async throws -> Void

    init(_ books: any PayoutBooks, before: @escaping @Sendable (String) async throws -> Void) {
        self.books = books
        self.before = before
    }

    init(_ books: any PayoutBooks, failing names: String...) {
        self.init(books) { name in
            if names.contains(where: { name.hasPrefix($0) }) { throw Fault() }
        }
    }

    func payableOrders(_ query: PayableOrderQuery) async throws -> [PayableOrder] {
        try await before("orders")
        return try await books.payableOrders(query)
    }

    func approvedRefunds() async throws -> [RefundRequest] {
        try await before("refunds")
        return try await books.approvedRefunds()
    }

    func pendingSplits() async throws -> [InvoiceSplit] {
        try await before("splits")
        return try await books.pendingSplits()
    }

    func rates(_ needs: RateNeeds) async throws -> [ContractorRate] {
        try await before("rates")
        return try await books.rates(needs)
    }

    func livePayouts(of sources: [PayoutSource]) async throws -> [PayoutSource: LivePayout] {
        try await before("payouts")
        return try await books.livePayouts(of: sources)
    }

    func positions(of contractors: [ContractorID]) async throws -> [ContractorID: [String]] {
        try await before("positions")
        return try await books.positions(of: contractors)
    }

    func create(_ draft: PayoutDraft) async throws -> PayoutWrite {
        try await before("create \(draft.source)")
        return try await books.create(draft)
    }

    func complete(_ order: OrderID, revision: String?, linesAtOnce: Int) async throws {
        try await before("complete \(order)")
        try await books.complete(order, revision: revision, linesAtOnce: linesAtOnce)
    }
}

extension TemporaryBooks {
    func take(_ table: BooksTable, _ csv: String) async throws {
        _ = try await BooksImport(table, format: .csv).run(Array(csv.utf8), into: books)
    }

    /// Approved orders of December 2025, one for each contractor of `lines`, and rates: `contractor hours rate…`, where
    /// the rate is `id,contractor,start_date,end_date,payday,billing_type,monthly_fixed,hourly_rate,currency`.
    static func december(hours: [String: String], rates: [String]) async throws -> TemporaryBooks {
        let held = try TemporaryBooks()
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status", "text"])
        for (number, (contractor, hours)) in hours.sorted(by: { $0.key < $1.key }).enumerated() {
            csv.record(["e\(number)", "2025-12-03", contractor, "kafi", hours, "Reviewed", ""])
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: held.books)
        _ = try await LocalRun(held.books)(SyncParameters(month: .december))
        _ = try await held.books.approveOrders(month: .december)
        try await held.takeRates(rates)
        return held
    }

    func takeRates(_ rates: [String]) async throws {
        let header = "id,contractor,start_date,end_date,payday,billing_type,monthly_fixed,hourly_rate,currency\n"
        try await take(.rates, header + rates.joined(separator: "\n") + "\n")
    }
}

extension Month {
    static let december = Month(year: 2025, month: 12)!
}
