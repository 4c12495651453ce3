import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

/// What workers say stands beside their jobs in what everybody asks for: in a whole runner, whatever they say can be read again.
@Suite(.heavy) struct WorkerWordsTests {
    private let folder = TemporaryDirectory()
    private static let kinds = """
        kinds:
          - { name: task, attempts: 1 }
          - { name: told, attempts: 1 }
        """

    private func run(
        _ answer: @escaping @Sendable (Tree) -> String?, _ body: (HostedRunner) async throws -> Void
    ) async throws {
        let hosted = try await HostedRunner(folder, kinds: Self.kinds)
        do {
            let kinds = #"[{"name":"task"},{"name":"told"},{"name":"planned","stages":["plan","process"]}]"#
            let worker = try WireWorker(hosted.socket, kinds: kinds, answer: answer)
            defer { worker.hangUp() }
            try await body(hosted)
        } catch {
            await hosted.drain(within: .zero)
            throw error
        }
        await hosted.drain(within: .zero)
    }

    private func ended(_ runner: HostedRunner, _ specification: String) async throws -> Tree {
        let id = try #require(try await runner.call("job.submit", specification)["id"].int)
        return try await runner.call("job.watch", "{\"id\":\(id)}", meta: #"{"timeoutMs":20000}"#)["job"]
    }

    @Test func anErrorOfAnyLengthAndDepthHarmsNoList() async throws {
        let message = String(repeating: "m", count: 9 << 20)
        let deep = String(repeating: "[", count: 57) + String(repeating: "]", count: 57)
        try await run({ request in
            if request["params"]["job"]["kind"].string == "told" { return #""result":{"output":1}"# }
            let data = "{\"status\":\"FAILED_PRECONDITION\",\"reason\":\"shop.shut\",\"deep\":\(deep)}"
            return "\"error\":{\"code\":-32009,\"message\":\"\(message)\",\"data\":\(data)}"
        }) { runner in
            let hooks = #"[{"on":["failed"],"job":{"kind":"told"}}]"#
            let job = try await ended(runner, "{\"kind\":\"task\",\"hooks\":\(hooks)}")
            #expect(job["state"].string == "failed" && job["cause"].string?.hasSuffix("m…") == true)
            #expect(job["error"]["data"]["reason"].string == "shop.shut")
            #expect(job["error"]["data"]["omittedBytes"].int == 123 && job["error"]["data"]["deep"] == .absent)

            let listed = try await runner.call("job.list", #"{"kind":"task"}"#)["jobs"][0]
            #expect(listed["cause"].string?.utf8.count == Payload.words)
            let detail = try await runner.call(
                "job.show", "{\"id\":\(job["id"].int ?? 0),\"items\":true,\"attempts\":true,\"transitions\":true}")
            #expect(detail["attempts"][0]["message"].string == listed["cause"].string)
            // What its hook is told comes through.
            try await eventually("the hook's job is over") {
                try await runner.call("job.list", #"{"kind":"told","states":["succeeded"]}"#)["jobs"].elements.count
                    == 1
            }
        }
    }

    @Test func aPlanWithAKeyOfAnyLengthFailsItsJob() async throws {
        let key = String(repeating: "k", count: 1 << 20)
        try await run({ _ in "\"result\":{\"items\":[{\"key\":\"\(key)\"}]}" }) { runner in
            let job = try await ended(runner, #"{"kind":"planned"}"#)
            #expect(job["state"].string == "failed" && job["error"]["data"]["reason"].string == "plan.key")
            #expect(job["error"]["data"]["field"].string == "items[0].key")
        }
    }
}
