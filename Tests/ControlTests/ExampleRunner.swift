import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Schemas
import TestSupport

@testable import Control

/// A runner that answers every method with the example of its OpenRPC document: the one with the same parameters, else
/// the first. It says what the contract says, and nothing of our own making.
final class ExampleRunner: Sendable {
    let folder = TemporaryDirectory()
    /// The requests that came, in order: "job.why {"id":16}".
    let asked = Watched<[String]>([])
    private let server: RPCServer

    /// - Parameter answers: what is answered instead, by method.
    private init(_ answers: [String: Result<JSONValue, RPCError>]) throws {
        let document = try JSON.decode(JSONValue.self, from: Schemas.runner)
        var router = RPCRouter()
        let asked = asked
        func serve<M: RPCMethod>(_: M.Type) {
            let method = document["methods"]?.elements?.first { $0["name"]?.stringValue == M.name }
            let examples = (method?["examples"]?.elements ?? []).map { example in
                let members = (example["params"]?.elements ?? []).compactMap { param in
                    param["name"]?.stringValue.map { JSONMember($0, param["value"] ?? .null) }
                }
                return (params: JSONValue.object(members), result: example["result"]?["value"] ?? .null)
            }
            router.onReply(M.self) { params, _, reply in
                let written = JSON.text(params)
                asked.update { $0.append("\(M.name) \(written)") }
                switch answers[M.name] {
                case .success(let value)?: reply.succeed(try JSON.decode(M.Result.self, from: JSON.encode(value)))
                case .failure(let error)?: throw error
                case nil:
                    let same = examples.first { JSON.text(Self.sorted($0.params)) == Self.canonical(written) }
                    let result = (same ?? examples[0]).result
                    reply.succeed(try JSON.decode(M.Result.self, from: JSON.encode(result)))
                }
            }
        }
        let methods: [any RPCMethod.Type] = [
            JobSubmit.self, JobSubmitBatch.self, JobShow.self, JobList.self, JobStats.self, JobWatch.self, JobWhy.self,
            JobCancel.self, JobRetry.self, JobEdit.self, JobBury.self, JobRedrive.self, QueueList.self, QueuePause.self,
            QueueResume.self, QueueDrain.self, QueueSet.self, KindList.self, WorkerList.self, PoolList.self,
            PoolResize.self, LimitList.self, LimitSet.self, BreakerList.self, BreakerOpen.self, BreakerClose.self,
            BreakerReset.self, ServicePing.self, ServiceStatus.self, ServiceMetrics.self,
        ]
        for method in methods { serve(method) }
        server = RPCServer(router: router, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func canonical(_ text: String) -> String {
        (try? JSON.decode(JSONValue.self, from: text)).map { JSON.text(sorted($0)) } ?? text
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(members.map { JSONMember($0.name, sorted($0.value)) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(sorted))
        default: value
        }
    }

    static func with<R>(
        _ answers: [String: Result<JSONValue, RPCError>] = [:], _ body: (ExampleRunner) async throws -> R
    ) async throws -> R {
        let runner = try ExampleRunner(answers)
        let state = StateDirectory(runner.folder.path)
        try state.create()
        try await runner.server.serve(listening: UnixSocket.listen(path: state.socket(of: "runner")))
        do {
            let result = try await body(runner)
            await runner.server.drain(within: .zero)
            return result
        } catch {
            await runner.server.drain(within: .zero)
            throw error
        }
    }

    /// Runs millctl against it, without a terminal.
    func millctl(_ line: String, input: String? = nil) async throws -> Finished {
        let words = line.split(separator: " ").map(String.init)
        return try await run(
            [Binary.path("millctl")] + words,
            environment: ["MILLRACE_STATE": folder.path, "LANG": "C.UTF-8", "LC_ALL": nil, "COLUMNS": nil],
            input: input)
    }
}
