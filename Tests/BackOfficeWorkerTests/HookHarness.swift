import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceService
import TestSupport
import WebClient

@testable import BackOfficeWorker
@testable import MillraceWorker

/// The workload of hooks between the runner's calls and a state folder of its own.
final class HookHarness: Sendable {
    let folder = TemporaryDirectory()
    let lines = Locked<[String]>([])
    let time: any TimeSource
    private let web: WebDoor
    private let workload: TypedPlainWorkload<HookWorkload>

    /// Runs `body` with the workload, and closes its client whatever happens.
    static func run<Result: Sendable>(
        _ settings: WebClientSettings = WebClientSettings(), time: any TimeSource = SystemTime(),
        _ body: (HookHarness) async throws -> Result
    ) async throws -> Result {
        let harness = HookHarness(settings, time)
        do {
            let result = try await body(harness)
            await harness.web.close()
            return result
        } catch {
            await harness.web.close()
            throw error
        }
    }

    private init(_ settings: WebClientSettings, _ time: any TimeSource) {
        self.time = time
        web = WebDoor(settings)
        workload = TypedPlainWorkload(HookWorkload(web: web, secrets: Secrets(state: folder.path), time: time))
    }

    /// Puts a secret into the state folder.
    @discardableResult
    func secret(_ name: String, _ bytes: String, mode: UInt32 = 0o600) throws -> String {
        let directory = folder.file("etc/credentials")
        try Files.makeDirectory(directory)
        let path = "\(directory)/\(name)"
        try Files.write(path, bytes, mode: mode)
        return path
    }

    /// Does the job; the text of its output.
    func send(_ params: String, job: Int64 = 7) async throws -> String {
        let brief = JobBrief(
            id: JobID(job), kind: HookWorkload.kind, params: JSONRaw(unchecked: Array(params.utf8)),
            correlationId: "c-1")
        let run = JobRun(job: brief, log: Logger(label: "test") { _ in LineHandler(lines: self.lines) }) { _ in }
        let item = ItemBrief(index: 0, key: "job", input: .null)
        let result = try await workload.process(
            WorkloadProcess.Params(job: brief, item: item, attempt: 1, fence: 1), run)
        return result.output?.text ?? "none"
    }

    /// What the runner is told of the kind.
    var declaration: KindDeclaration { workload.declaration }

    /// Asks for a plan, which a plain job has not.
    func plan() async throws -> WorkloadPlan.Result {
        let brief = JobBrief(id: JobID(7), kind: HookWorkload.kind, params: .emptyObject, correlationId: "c-1")
        let run = JobRun(job: brief, log: Logger(label: "test") { _ in LineHandler(lines: self.lines) }) { _ in }
        return try await workload.plan(WorkloadPlan.Params(job: brief, attempt: 1), run)
    }

    /// Does the job, which has to fail.
    func failure(_ params: String) async throws -> RPCError {
        do {
            throw TestFailure("done: \(try await send(params))")
        } catch let error as any RPCErrorConvertible {
            return error.rpcError
        }
    }
}
