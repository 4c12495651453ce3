import Glibc
import JSONCodec
import MillraceProtocol
import MillraceRPC
import Schemas
import TestSupport
import Testing

/// The runner itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-runner"), "millrace-runner is not built"))
struct RegistrationTests {
    @Test func theRunnerServesEveryMethodItDescribesWithItsAccessAndStrictParameters() async throws {
        let folder = TemporaryDirectory()
        // No workers of its own are needed here.
        let runner = try RunningProcess(
            [Binary.path("millrace-runner"), "--state", folder.path],
            environment: ["MILLRACE_RUNNER_COMMANDS": ""])
        try await runner.waitForOutput("ready")
        let client = try BlockingClient(socket: folder.path + "/run/runner.sock")
        let options = CallOptions(timeout: .seconds(20))

        let served = try JSON.decode(
            JSONValue.self, from: client.callRaw("rpc.discover", options: options).bytes)
        #expect(served == (try JSON.decode(JSONValue.self, from: Schemas.runner)))

        let document = try OpenRPCDocument(Schemas.runner)
        for method in document.methods where method.direction == "caller-to-runner" && method.name != "rpc.discover" {
            // A member that no method knows: nothing is changed by asking.
            let surplus = JSONRaw(unchecked: Array(#"{"surplus":1}"#.utf8))
            let error = #expect(throws: RPCError.self, "\(method.name)") {
                try client.callRaw(method.name, surplus, options: options)
            }
            #expect(error?.reason == "params.invalid" && error?.field == "surplus", "\(method.name): \(error as Any)")
        }
        runner.signal(SIGTERM)
        #expect(try await runner.wait().status == 0)
    }
}
