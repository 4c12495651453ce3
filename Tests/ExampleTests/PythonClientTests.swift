import TestSupport
import Testing

/// Services spoken to by a client that knows nothing but the protocol's page and the documents the services give out.
@Suite(
    .heavy, .serialized,
    .enabled(if: RunningSuite.isWhole && Python.hasJSONSchema, "the suite or python3-jsonschema is not there"))
struct PythonClientTests {
    @Test func theClientInPythonDoesTheEssentials() async throws {
        try await RunningSuite.run { suite in
            let trials = try await check(
                [Python.interpreter, "-B", packageRoot + "/Tests/Python/essentials.py", suite.state],
                within: .seconds(240))
            #expect(trials.split(separator: "\n").count == 18, "\(trials)")
        }
    }

    /// By hand, as its head says.
    @Test func theClientListsMethodsAndCallsOne() async throws {
        try await RunningSuite.run { suite in
            let client = [Python.interpreter, "-B", packageRoot + "/Examples/python/millrace.py", suite.socket]
            #expect(try await check(client).contains("job.submit "))
            let job = try Tree(await check(client + ["job.list", #"{"limit":1}"#]))
            #expect(job["jobs"].elements.isEmpty)
            let refused = try await run(client + ["job.show", #"{"id":"seven"}"#])
            #expect(refused.status == 1 && refused.errors.contains("INVALID_ARGUMENT"), "\(refused)")
        }
    }
}
