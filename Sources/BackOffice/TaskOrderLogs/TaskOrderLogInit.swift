import JSONCodec
import Linux

/// Prepares a month: an empty order for every contractor with an Active deployment, an empty line for each of those.
///
/// The four functions of the workload, without the runner. What is there already is left alone.
public struct TaskOrderLogInit: Sendable {
    /// So many contractors at once.
    public static let workers = 10

    public let books: any Books
    public let time: any TimeSource

    public init(books: any Books, time: any TimeSource = SystemTime()) {
        self.books = books
        self.time = time
    }

    public struct Plan: Sendable {
        /// In the order of their ids.
        public var contractors: [ContractorID]
        public var month: Month
        public var workers: Int
    }

    public struct Context: Sendable {
        let deployments: [ContractorID: [Deployment]]
        let lookups: any OrderLookups
    }

    /// Names the contractors, and settles which month it is when none is given.
    public func plan(_ parameters: InitParameters, _ log: RunLog = .silent) async throws -> Plan {
        let month = parameters.month ?? currentMonth
        let deployments = try await books.activeDeployments(discord: parameters.contractor)
        let contractors = Set(deployments.map(\.contractor)).sorted()
        log(
            .info, "preparation of task order logs starts",
            ["month": "\(month)", "deployments": "\(deployments.count)", "contractors": "\(contractors.count)"])
        return Plan(
            contractors: contractors, month: month, workers: max(1, min(Self.workers, contractors.count)))
    }

    public func preload(
        _ parameters: InitParameters, month: Month, contractors: [ContractorID]
    ) async throws -> Context {
        let deployments = try await books.activeDeployments(discord: parameters.contractor)
        return Context(
            deployments: Dictionary(grouping: deployments, by: \.contractor),
            lookups: try await books.lookups(month: month, contractors: contractors))
    }

    /// - Throws: when the order cannot be found or made, and `CancellationError` at the start. A line that cannot be
    ///   made is logged and passed over.
    public func process(
        _ contractor: ContractorID, month: Month, _ context: Context, _ log: RunLog = .silent
    ) async throws -> InitOutcome {
        try Task.checkCancellation()
        log(.info, "contractor starts", ["contractor": contractor.text])
        let order: OrderID
        var outcome: InitOutcome
        if let found = try await context.lookups.order(of: contractor) {
            order = found.id
            outcome = InitOutcome(month: month, contractor: contractor, order: order)
        } else {
            let ensured = try await books.ensureOrder(of: contractor, month: month)
            order = ensured.order.id
            outcome = InitOutcome(month: month, contractor: contractor, order: order)
            outcome.ordersCreated = ensured.created ? 1 : 0
        }
        for deployment in context.deployments[contractor] ?? [] {
            do {
                guard try await context.lookups.line(of: order, for: deployment.id) == nil,
                    try await books.ensureLine(order: order, deployment: deployment.id).change == .created
                else {
                    outcome.skipped += 1
                    continue
                }
                outcome.created.append(deployment.id)
            } catch {
                try Task.checkCancellation()
                log(
                    .error, "line not made, deployment skipped",
                    ["contractor": contractor.text, "deployment": deployment.id.text, "error": "\(error)"])
            }
        }
        log(.info, "contractor ends", ["contractor": contractor.text, "lines-created": "\(outcome.created.count)"])
        return outcome
    }

    /// Makes the answer; a contractor that failed counts nowhere but among the errors.
    public func summarize(
        _ outcomes: [(ContractorID, Result<InitOutcome, ContractorFailure>)], _ parameters: InitParameters,
        _ log: RunLog = .silent
    ) -> InitResult {
        let month = outcomes.lazy.compactMap { try? $0.1.get().month }.first
        var result = InitResult(month: parameters.month ?? month ?? currentMonth)
        for (_, outcome) in outcomes.sorted(by: { $0.0 < $1.0 }) {
            switch outcome {
            case .success(let part):
                result.ordersCreated += part.ordersCreated
                result.lineItemsCreated += part.created.count
                result.deploymentsProcessed += part.created.count + part.skipped
                result.skipped += part.skipped
                result.details.append(part)
            case .failure(let failure):
                result.errors.append(failure)
            }
        }
        log(
            .info, "preparation of task order logs is complete",
            [
                "month": "\(result.month)", "orders-created": "\(result.ordersCreated)",
                "lines-created": "\(result.lineItemsCreated)", "skipped": "\(result.skipped)",
                "failed": "\(result.errors.count)",
            ])
        return result
    }

    private var currentMonth: Month { Month(of: time.wall()) }
}
