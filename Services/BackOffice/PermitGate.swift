import MillraceWorker
import Notion
import WebClient

/// Lets a job's calls of an outside system through by the runner's permits, so that one budget and one breaker hold for
/// all processes. Where the runner knows no such resource it grants at once; then the process's own bucket is what counts.
struct PermitGate: CallGate {
    let run: JobRun
    let resource: String
    var own: BucketGate?

    func pass<Value: Sendable>(
        within limit: Duration, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let own else { return try await run.withPermit(resource, timeout: limit) { try await body() } }
        return try await own.pass(within: limit) {
            try await run.withPermit(resource, timeout: limit) { try await body() }
        }
    }
}
