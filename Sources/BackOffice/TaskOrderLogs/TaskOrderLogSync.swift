/// Turns the reviewed timesheet entries of a month into one order per contractor with one line per project.
///
/// The four functions of the workload, without the runner: plan → preload → process, for each contractor → summarize. A
/// run may be repeated, whole or in part, and may overlap with another: what the books say already is not written again.
public struct TaskOrderLogSync: Sendable {
    public let books: any Books
    public let summarizer: any Summarizer
    public let pool: PoolSize

    public init(books: any Books, summarizer: any Summarizer = OriginalTexts(), pool: PoolSize) {
        self.books = books
        self.summarizer = summarizer
        self.pool = pool
    }

    /// Whom a run is about.
    public struct Plan: Sendable {
        /// In the order of their ids.
        public var contractors: [ContractorID]
        public var workers: Int
        /// What the plan read anyway; ``preload(_:contractors:entries:)`` may have it.
        public var entries: [TimesheetEntry]
    }

    /// What a run read before its first contractor.
    public struct Context: Sendable {
        let entries: [ContractorID: [TimesheetEntry]]
        let lookups: any OrderLookups
    }

    /// Reads the entries of the month and names their contractors; entries without contractor are dropped.
    /// - Throws: when the entries cannot be read; nothing is done then.
    public func plan(_ parameters: SyncParameters, _ log: RunLog = .silent) async throws -> Plan {
        let entries = try await books.entries(parameters.query)
        var contractors = Set(entries.compactMap(\.contractor)).sorted()
        if let batch = parameters.batch {
            contractors = try await paid(contractors, on: batch, in: parameters.month, log)
        }
        let workers = pool.workers(for: contractors.count)
        log(
            .info, "sync of task order logs starts",
            [
                "month": "\(parameters.month)", "entries": "\(entries.count)",
                "contractors": "\(contractors.count)", "workers": "\(contractors.isEmpty ? 0 : workers)",
            ])
        return Plan(contractors: contractors, workers: workers, entries: entries)
    }

    /// Those with this payday. Whose rate cannot be looked up is left out.
    private func paid(
        _ contractors: [ContractorID], on payday: Int, in month: Month, _ log: RunLog
    ) async throws -> [ContractorID] {
        var kept: [ContractorID] = []
        for contractor in contractors {
            do {
                if try await books.activeRate(of: contractor, in: month)?.payday == payday { kept.append(contractor) }
            } catch {
                try Task.checkCancellation()
                log(
                    .warning, "payday not found, contractor left out",
                    ["contractor": contractor.text, "error": "\(error)"])
            }
        }
        return kept
    }

    /// Reads what these contractors need.
    /// - Parameter entries: those that ``plan(_:_:)`` read, if they are at hand; else they are read again.
    public func preload(
        _ parameters: SyncParameters, contractors: [ContractorID], entries: [TimesheetEntry]? = nil
    ) async throws -> Context {
        var groups: [ContractorID: [TimesheetEntry]] = [:]
        for entry in try await entries.orRead({ try await books.entries(parameters.query) }) {
            if let contractor = entry.contractor { groups[contractor, default: []].append(entry) }
        }
        return Context(
            entries: groups, lookups: try await books.lookups(month: parameters.month, contractors: contractors))
    }

    /// Makes the order of one contractor say what his entries say.
    ///
    /// A project whose deployment is missing, or whose line cannot be read or written, is logged and passed over.
    /// - Throws: when the order cannot be found or made; `CancellationError` at the start or before a summary.
    public func process(
        _ contractor: ContractorID, _ parameters: SyncParameters, _ context: Context, _ log: RunLog = .silent
    ) async throws -> ContractorOutcome {
        try Task.checkCancellation()
        log(.info, "contractor starts", ["contractor": contractor.text])
        let part = ContractorSync(
            contractor: contractor, parameters: parameters, books: books, lookups: context.lookups,
            summarizer: summarizer, log: log)
        do {
            let outcome = try await part.run(context.entries[contractor] ?? [])
            log(
                .info, "contractor ends",
                [
                    "contractor": contractor.text, "projects": "\(outcome.detail.projects.count)",
                    "lines-created": "\(outcome.lineItemsCreated)", "lines-updated": "\(outcome.lineItemsUpdated)",
                ])
            return outcome
        } catch {
            if Task.isCancelled || error is CancellationError {
                log(.info, "contractor interrupted", ["contractor": contractor.text])
                throw CancellationError()
            }
            log(.error, "contractor lost", ["contractor": contractor.text, "error": "\(error)"])
            throw error
        }
    }

    /// Makes the answer of what became of the contractors; one that failed counts nowhere but among the errors.
    public func summarize(
        _ outcomes: [(ContractorID, Result<ContractorOutcome, ContractorFailure>)], _ parameters: SyncParameters,
        _ log: RunLog = .silent
    ) -> SyncResult {
        var result = SyncResult(month: parameters.month, batch: parameters.batch)
        if !outcomes.isEmpty { result.lineItemsUpdated = 0 }
        for (_, outcome) in outcomes.sorted(by: { $0.0 < $1.0 }) {
            switch outcome {
            case .success(let part):
                result.ordersCreated += part.ordersCreated
                result.lineItemsCreated += part.lineItemsCreated
                result.lineItemsUpdated? += part.lineItemsUpdated
                result.contractorsProcessed += 1
                result.details.append(part.detail)
            case .failure(let failure):
                result.errors.append(failure)
            }
        }
        log(
            .info, "sync of task order logs is complete",
            [
                "month": "\(parameters.month)", "orders-created": "\(result.ordersCreated)",
                "lines-created": "\(result.lineItemsCreated)", "lines-updated": "\(result.lineItemsUpdated ?? 0)",
                "contractors": "\(result.contractorsProcessed)", "failed": "\(result.errors.count)",
            ])
        return result
    }
}

extension ContractorFailure: Error {}

extension [TimesheetEntry]? {
    fileprivate func orRead(_ read: () async throws -> [TimesheetEntry]) async throws -> [TimesheetEntry] {
        if let self { return self }
        return try await read()
    }
}
