import Schemas
import TestSupport
import Testing

/// The runner itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-runner"), "millrace-runner is not built"))
struct RegistrationTests {
    @Test func theRunnerServesEveryMethodItDescribesWithStrictParameters() async throws {
        // No workers of its own are needed here.
        try await ServedContract.holds("runner", Schemas.runner, environment: ["MILLRACE_RUNNER_COMMANDS": ""])
    }
}
