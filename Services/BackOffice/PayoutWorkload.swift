import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import MillraceWorker

/// `create-contractor-payouts`: approved orders, refunds or splits become pending payouts. Items are those, keyed by their
/// ids, in the order of who is paid.
///
/// An item that is an error in the answer has failed, with its detail in the error: so the job is `partial`, and
/// `job.retry` looks at exactly those again.
struct PayoutWorkload: Workload {
    static let kind = "create-contractor-payouts"
    static let summary = "Creates pending payouts for approved orders, approved refunds or pending invoice splits."

    private let door: BooksDoor

    init(books door: BooksDoor) { self.door = door }

    func plan(_ params: PayoutParameters, _ run: JobRun) async throws -> Plan<PayoutCandidate> {
        try await answering {
            let plan = try await engine(run).plan(params, run.lines)
            return Plan(
                items: plan.candidates.map { PlannedItem(key: $0.source.id, input: $0) }, slots: plan.workers)
        }
    }

    func preload(
        _ params: PayoutParameters, _ items: [PlannedItem<PayoutCandidate>], _ run: JobRun
    ) async throws -> PayoutRun.Context {
        try await answering { try await engine(run).preload(params, items.map(\.input), run.lines) }
    }

    func process(
        _ item: PlannedItem<PayoutCandidate>, _ params: PayoutParameters, _ context: PayoutRun.Context, _ run: JobRun
    ) async throws -> PayoutDetail {
        try await answering {
            let (detail, error) = try await engine(run).process(
                item.input, params, context, run: run.name, run.lines)
            guard let error else { return detail }
            throw PayoutFailure(detail: detail, cause: error).rpcError
        }
    }

    func summarize(
        _ outcomes: [Outcome<PayoutDetail>], _ params: PayoutParameters, _ run: JobRun
    ) async throws -> PayoutResult {
        try await answering {
            if door.isRehearsal { run.lines.tell("requests of this worker's rehearsals", door.meter.counts) }
            let details = outcomes.map { outcome in
                outcome.output ?? borne(by: outcome.error, of: outcome.key, run)
                    ?? PayoutDetail(lost: outcome.key, params.type, reason: outcome.error?.message ?? "cancelled")
            }
            return try engine(run).summarize(details, params, run.lines)
        }
    }

    /// The detail of an item that failed, by its error.
    private func borne(by error: RPCError?, of key: String, _ run: JobRun) -> PayoutDetail? {
        guard let details = error?.details else { return nil }
        do {
            return try details.decode(PayoutFailure.Details.self).payout
        } catch {
            run.log.warning("the detail of the payout of \(key) does not read, its error stands alone: \(error)")
            return nil
        }
    }

    private func engine(_ run: JobRun) throws -> PayoutRun {
        PayoutRun(books: try door.payoutBooks(for: run), settings: door.settings.payouts, time: door.time)
    }
}

/// A candidate without a payout, on its way to the summary through the runner.
struct PayoutFailure: RPCErrorConvertible {
    var detail: PayoutDetail
    var cause: any Error

    /// What its error bears; the errors of others bear no payout.
    struct Details: JSONCodable {
        var payout: PayoutDetail?

        init(payout: PayoutDetail) { self.payout = payout }

        init(from json: inout JSONReader) throws(JSONError) {
            var payout: PayoutDetail?
            try json.object { key, json throws(JSONError) in
                if key == "payout" { payout = try json.value() } else { try json.skip() }
            }
            self.payout = payout
        }

        func encode(to json: inout JSONWriter) { json.object { $0.member("payout", payout) } }
    }

    var rpcError: RPCError {
        var error: RPCError =
            switch cause {
            case let cause as StoreError: cause.ofBooks
            case let cause as any RPCErrorConvertible: cause.rpcError
            case is PayoutObstacle: RPCError(.failedPrecondition, "\(cause)", reason: "payout.refused")
            default: RPCError(.internal, "\(cause)", reason: "payout.error")
            }
        error.details = JSONRaw(Details(payout: detail))
        return error
    }
}
