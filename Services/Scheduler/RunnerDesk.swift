import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC

/// The runner, as the scheduler needs it.
final class RunnerDesk: Sendable {
    /// What became of a submission.
    enum Answer: Sendable {
        case taken(JobID)
        /// Another job bears the unique key.
        case beside(String)
        /// The runner takes no such job.
        case refused(String)
        /// Not now; worth trying again after a while.
        case later(String, after: Duration)
        /// No runner is there.
        case away(String)
    }

    static let timeout = Duration.seconds(30)
    /// So many jobs go in one call.
    static let batch = 125

    private let client: RPCClient

    init(socket: String, log: Logger, time: any TimeSource) {
        client = RPCClient(socket: socket, log: log, time: time, patience: .zero)
    }

    func close() { client.close() }

    func submit(_ job: JobSpecification) async -> Answer {
        var job = job
        let key = job.idempotencyKey
        job.idempotencyKey = nil
        do {
            let options = CallOptions(timeout: Self.timeout, idempotencyKey: key)
            return .taken(try await client.call(JobSubmit.self, job, options: options).id)
        } catch {
            return Self.answer(error)
        }
    }

    /// Submits many that have nothing to do with each other. One that is not taken harms no other.
    func submit(_ jobs: [JobSpecification]) async -> [Answer] {
        guard jobs.count > 1 else { return jobs.isEmpty ? [] : [await submit(jobs[0])] }
        do {
            let options = CallOptions(timeout: Self.timeout)
            let receipts = try await client.call(JobSubmitBatch.self, .init(jobs: jobs), options: options)
            return receipts.jobs.map { .taken($0.id) }
        } catch {
            let answer = Self.answer(error)
            if case .away = answer { return jobs.map { _ in answer } }
        }
        // All of them or none: whoever was the cause, each gets its own answer.
        var answers: [Answer] = []
        for job in jobs { answers.append(await submit(job)) }
        return answers
    }

    /// Nil for a job that the runner no longer knows.
    func state(of job: JobID) async throws -> JobState? {
        do {
            return try await client.call(JobShow.self, .init(id: job), options: CallOptions(timeout: Self.timeout))
                .job.state
        } catch let error as RPCError where error.status == .notFound {
            return nil
        }
    }

    /// The states of many jobs in one call, ``batch`` at most; those that the runner no longer knows are left out.
    func states(of jobs: [JobID]) async throws -> [JobID: JobState] {
        guard !jobs.isEmpty else { return [:] }
        let options = CallOptions(timeout: Self.timeout)
        let views = try await client.call(JobList.self, .init(ids: jobs), options: options).jobs
        return Dictionary(views.map { ($0.id, $0.state) }) { first, _ in first }
    }

    /// A job that is over already is left alone.
    func cancel(_ job: JobID, reason: String) async throws {
        do {
            _ = try await client.call(
                JobCancel.self, .init(id: job, reason: reason), options: CallOptions(timeout: Self.timeout))
        } catch let error as RPCError where error.status == .notFound || error.status == .failedPrecondition {
            return
        }
    }

    /// The job that an error bears as `data.job`.
    private static func jobNamed(by error: RPCError) -> JobID? {
        guard let details = try? error.details?.decode(JSONValue.self) else { return nil }
        return details["job"]?.intValue.map { JobID(Int64($0)) }
    }

    static func answer(_ error: any Error) -> Answer {
        guard let error = error as? RPCError else { return .away("\(error)") }
        // The key is the run's own, so the job that bears it is the run's, submitted before by another cause or rule.
        if error.reason == "job.keyReused", let job = jobNamed(by: error) { return .taken(job) }
        switch error.reason {
        case RPCError.Reason.connectionRefused, RPCError.Reason.connectionLost, RPCError.Reason.connectionGone,
            RPCError.Reason.stopping, RPCError.Reason.access, RPCError.Reason.deadline:
            return .away(error.message)
        // Its worker may not have declared it yet.
        case "kind.unknown": return .later(error.message, after: .seconds(5))
        default: break
        }
        switch error.status {
        case .alreadyExists?: return .beside(error.message)
        case .invalidArgument?, .notFound?, .permissionDenied?, .failedPrecondition?, .unimplemented?:
            return .refused(error.message)
        default:
            let wait = error.retryAfterMs.map { Duration.milliseconds($0) } ?? .seconds(5)
            return .later(error.message, after: min(max(wait, .seconds(1)), .seconds(60)))
        }
    }
}
