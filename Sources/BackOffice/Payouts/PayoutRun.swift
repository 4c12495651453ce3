import Linux

/// Creates pending payouts for approved orders, approved refund requests or pending splits.
///
/// The four functions of the workload, without the runner: plan → preload → process, for each candidate → summarize. A
/// run may be repeated, whole or in part, and may overlap with another: what has a payout gets no second one.
public struct PayoutRun: Sendable {
    public let books: any PayoutBooks
    public let settings: PayoutSettings
    public let time: any TimeSource

    public init(
        books: any PayoutBooks, settings: PayoutSettings = PayoutSettings(), time: any TimeSource = SystemTime()
    ) {
        self.books = books
        self.settings = settings
        self.time = time
    }

    public struct Plan: Sendable {
        /// By person, then by day.
        public var candidates: [PayoutCandidate]
        public var workers: Int
    }

    /// What a run read before its first candidate.
    public struct Context: Sendable {
        /// The Active ones, in the order in which they are tried.
        var rates: [ContractorID: [ContractorRate]] = [:]
        var payouts: [PayoutSource: LivePayout] = [:]
        var positions: [ContractorID: [String]] = [:]
    }

    /// Names what is to be paid for.
    /// - Throws: when it cannot be read; nothing is done then.
    public func plan(_ parameters: PayoutParameters, _ log: RunLog = .silent) async throws -> Plan {
        let candidates = try await candidates(parameters).sorted(by: PayoutCandidate.comesBefore)
        let workers = settings.workers(for: parameters.type)
        log(
            .info, "run of payouts starts",
            [
                "type": parameters.type.rawValue, "candidates": "\(candidates.count)",
                "workers": "\(candidates.isEmpty ? 0 : workers)", "dry-run": "\(parameters.dryRun)",
            ])
        return Plan(candidates: candidates, workers: workers)
    }

    private func candidates(_ parameters: PayoutParameters) async throws -> [PayoutCandidate] {
        switch parameters.type {
        case .payroll:
            let query = PayableOrderQuery(
                month: parameters.month, everyStatus: parameters.force, contractor: parameters.contractor)
            return try await books.payableOrders(query)
                .filter { order in parameters.contractor.map { order.isOf($0) } ?? true }
                .map { .order($0) }
        case .refund:
            return try await books.approvedRefunds()
                .filter { parameters.selects($0.refundID) }.map { .refund($0) }
        case .split:
            return try await books.pendingSplits()
                .filter { parameters.selects($0.autoName) }.map { .split($0) }
        }
    }

    /// Reads what these candidates need, side by side.
    /// - Throws: when rates or payouts cannot be read. Without positions it goes on.
    public func preload(
        _ parameters: PayoutParameters, _ candidates: [PayoutCandidate], _ log: RunLog = .silent
    ) async throws -> Context {
        let begin = time.boot()
        async let payouts = livePayouts(of: candidates.map(\.source), parameters.type, log)
        var context = Context()
        if parameters.type == .payroll {
            let orders = candidates.compactMap { if case .order(let order) = $0 { order } else { nil } }
            async let rates = rates(of: orders, log)
            async let positions = positions(of: orders, log)
            context.rates = try await rates
            context.positions = try await positions
        }
        context.payouts = try await payouts
        log(
            .debug, "[PRELOAD] everything is read",
            [
                "candidates": "\(candidates.count)", "rates": "\(context.rates.count)",
                "payouts": "\(context.payouts.count)", "positions": "\(context.positions.count)",
                "duration-ms": "\((time.boot() - begin).milliseconds)",
            ])
        return context
    }

    private func rates(of orders: [PayableOrder], _ log: RunLog) async throws -> [ContractorID: [ContractorRate]] {
        var needs = RateNeeds()
        for order in orders {
            if let contractor = order.contractor, let date = order.date { needs.add(contractor, on: date) }
        }
        if needs.days.isEmpty { return [:] }
        let begin = time.boot()
        let found = try await books.rates(needs)
        log(
            .debug, "[BATCH_RATES] active rates are read",
            [
                "contractors": "\(needs.days.count)", "rates": "\(found.count)",
                "duration-ms": "\((time.boot() - begin).milliseconds)",
            ])
        return Dictionary(grouping: found, by: \.contractor)
            .mapValues { $0.sorted(by: ContractorRate.isPreferred) }
    }

    private func livePayouts(
        of sources: [PayoutSource], _ type: PayoutRunType, _ log: RunLog
    ) async throws -> [PayoutSource: LivePayout] {
        if sources.isEmpty { return [:] }
        let begin = time.boot()
        let found = try await books.livePayouts(of: sources)
        let prefix =
            switch type {
            case .payroll: "[BATCH_PAYOUT_CHECK]"
            case .refund: "[BATCH_REFUND_CHECK]"
            case .split: "[BATCH_SPLIT_CHECK]"
            }
        log(
            .debug, "\(prefix) payouts that are there are read",
            [
                "sources": "\(sources.count)", "payouts": "\(found.count)",
                "duration-ms": "\((time.boot() - begin).milliseconds)",
            ])
        return found
    }

    private func positions(of orders: [PayableOrder], _ log: RunLog) async throws -> [ContractorID: [String]] {
        let contractors = Set(orders.compactMap(\.contractor)).sorted()
        if contractors.isEmpty { return [:] }
        let begin = time.boot()
        do {
            let found = try await books.positions(of: contractors)
            log(
                .debug, "[BATCH_POSITIONS] positions are read",
                [
                    "contractors": "\(contractors.count)", "found": "\(found.count)",
                    "duration-ms": "\((time.boot() - begin).milliseconds)",
                ])
            return found
        } catch {
            try Task.checkCancellation()
            log(
                .warning, "[BATCH_POSITIONS] positions not read, going on without",
                ["contractors": "\(contractors.count)", "error": "\(error)"])
            return [:]
        }
    }

    /// Makes the answer, in the order of the plan.
    public func summarize(
        _ details: [PayoutDetail], _ parameters: PayoutParameters, _ log: RunLog = .silent
    ) -> PayoutResult {
        let result = PayoutResult(parameters.type, dryRun: parameters.dryRun, details: details)
        log(
            .info, "run of payouts is complete",
            [
                "type": parameters.type.rawValue, "processed": "\(result.processed)",
                "created": "\(result.created)", "planned": "\(result.planned)", "skipped": "\(result.skipped)",
                "errors": "\(result.errors)",
            ])
        return result
    }
}

extension PayoutParameters {
    /// Whether ``id`` stands in `name`, whatever the letters' case.
    fileprivate func selects(_ name: String) -> Bool {
        guard let id else { return true }
        return name.lowercased().contains(id.lowercased())
    }
}
