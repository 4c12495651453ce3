import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceWorker

/// `sync-task-order-logs`: the reviewed timesheets of a month become orders. Items are contractors, keyed by their ids.
struct SyncWorkload: Workload {
    static let kind = "sync-task-order-logs"
    static let summary = "Turns a month's reviewed timesheets into one order per contractor, one line per project."

    private let door: BooksDoor
    private let planned: Handover<[TimesheetEntry]>

    init(books door: BooksDoor) {
        self.door = door
        planned = Handover(time: door.time)
    }

    func plan(_ params: SyncParameters, _ run: JobRun) async throws -> Plan<Empty> {
        try await answering {
            let plan = try await engine(run).plan(params, run.lines)
            planned.put(plan.entries, for: run.jobID)
            return Plan(
                items: plan.contractors.map { PlannedItem(key: $0.text, input: Empty()) }, slots: plan.workers)
        }
    }

    func preload(
        _ params: SyncParameters, _ items: [PlannedItem<Empty>], _ run: JobRun
    ) async throws -> TaskOrderLogSync.Context {
        try await answering {
            try await engine(run).preload(
                params, contractors: items.map { ContractorID($0.key) }, entries: planned.take(for: run.jobID))
        }
    }

    func process(
        _ item: PlannedItem<Empty>, _ params: SyncParameters, _ context: TaskOrderLogSync.Context, _ run: JobRun
    ) async throws -> ContractorOutcome {
        try await answering {
            try await engine(run).process(ContractorID(item.key), params, context, run.lines)
        }
    }

    func summarize(
        _ outcomes: [Outcome<ContractorOutcome>], _ params: SyncParameters, _ run: JobRun
    ) async throws -> SyncResult {
        try await answering {
            if door.isRehearsal { run.lines.tell("requests of this worker's rehearsals", door.meter.counts) }
            return try engine(run).summarize(outcomes.map { $0.ofContractor }, params, run.lines)
        }
    }

    private func engine(_ run: JobRun) throws -> TaskOrderLogSync {
        TaskOrderLogSync(
            books: try door.books(for: run), summarizer: try door.summarizer(for: run), pool: door.settings.pool)
    }
}
