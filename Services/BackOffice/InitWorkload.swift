import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceWorker

/// `init-task-order-logs`: empty orders and lines for a month that begins. Items are contractors, keyed by their ids.
struct InitWorkload: Workload {
    static let kind = "init-task-order-logs"
    static let summary = "Prepares a month: an empty order per contractor, an empty line per active deployment."

    private let door: BooksDoor

    init(books door: BooksDoor) { self.door = door }

    /// The month is settled when the job is planned, so that a job that runs over midnight keeps it.
    struct Item: JSONCodable, Sendable {
        var month: Month

        init(month: Month) { self.month = month }

        init(from json: inout JSONReader) throws(JSONError) {
            var month: Month?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "month": month = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.month = try json.require(month, "month")
        }

        func encode(to json: inout JSONWriter) { json.object { $0.member("month", month) } }
    }

    func plan(_ params: InitParameters, _ run: JobRun) async throws -> Plan<Item> {
        try await answering {
            let plan = try await engine(run).plan(params, run.lines)
            return Plan(
                items: plan.contractors.map { PlannedItem(key: $0.text, input: Item(month: plan.month)) },
                slots: plan.workers)
        }
    }

    func preload(
        _ params: InitParameters, _ items: [PlannedItem<Item>], _ run: JobRun
    ) async throws -> TaskOrderLogInit.Context? {
        try await answering {
            guard let month = items.first?.input.month else { return nil }
            return try await engine(run).preload(
                params, month: month, contractors: items.map { ContractorID($0.key) })
        }
    }

    func process(
        _ item: PlannedItem<Item>, _ params: InitParameters, _ context: TaskOrderLogInit.Context?, _ run: JobRun
    ) async throws -> InitOutcome {
        guard let context else {
            throw RPCError(
                .failedPrecondition, "item \(item.key) was not among those preloaded",
                reason: "workload.notPreloaded")
        }
        return try await answering {
            try await engine(run).process(ContractorID(item.key), month: item.input.month, context, run.lines)
        }
    }

    func summarize(
        _ outcomes: [Outcome<InitOutcome>], _ params: InitParameters, _ run: JobRun
    ) async throws -> InitResult {
        try await answering {
            try engine(run).summarize(outcomes.map { $0.ofContractor }, params, run.lines)
        }
    }

    private func engine(_ run: JobRun) throws -> TaskOrderLogInit {
        TaskOrderLogInit(books: try door.books(for: run), time: door.time)
    }
}
