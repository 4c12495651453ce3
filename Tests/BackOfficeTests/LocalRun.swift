import BackOffice
import Linux

/// Runs a sync as the runner does, plan → preload → process → summarize over a bounded pool, in this process.
struct LocalRun {
    var sync: TaskOrderLogSync
    var log = RunLog.silent

    init(_ books: any Books, summarizer: any Summarizer = OriginalTexts(), pool: Int = 5, log: RunLog = .silent) {
        sync = TaskOrderLogSync(books: books, summarizer: summarizer, pool: PoolSize(configured: pool))
        self.log = log
    }

    /// The answer, also of a run that is cancelled while contractors are worked on.
    func callAsFunction(_ parameters: SyncParameters) async throws -> SyncResult {
        let plan = try await sync.plan(parameters, log)
        let context = try await sync.preload(
            parameters, contractors: plan.contractors, entries: plan.entries)
        typealias Outcome = (ContractorID, Result<ContractorOutcome, ContractorFailure>)
        var outcomes: [Outcome] = []
        await withTaskGroup(of: Outcome.self) { group in
            var waiting = plan.contractors.makeIterator()
            func start() -> Bool {
                guard let contractor = waiting.next() else { return false }
                group.addTask { (contractor, await outcome(of: contractor, parameters, context)) }
                return true
            }
            for _ in 0..<plan.workers { if !start() { break } }
            while let outcome = await group.next() {
                outcomes.append(outcome)
                _ = start()
            }
        }
        return sync.summarize(outcomes, parameters, log)
    }

    private func outcome(
        of contractor: ContractorID, _ parameters: SyncParameters, _ context: TaskOrderLogSync.Context
    ) async -> Result<ContractorOutcome, ContractorFailure> {
        do {
            return .success(try await sync.process(contractor, parameters, context, log))
        } catch is CancellationError {
            return .failure(ContractorFailure(contractor: contractor, error: "cancelled"))
        } catch {
            return .failure(ContractorFailure(contractor: contractor, error: "\(error)"))
        }
    }
}

/// Lines that a run logged.
final class LogBook: Sendable {
    private let written = Locked<[RunLog.Line]>([])

    var log: RunLog { RunLog { line in self.written.withLock { $0.append(line) } } }

    var lines: [RunLog.Line] { written.withLock { $0 } }

    func lines(_ message: String) -> [RunLog.Line] { lines.filter { $0.message.contains(message) } }
}
