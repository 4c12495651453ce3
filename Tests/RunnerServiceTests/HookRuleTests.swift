import MillraceProtocol
import Testing

@testable import RunnerService

/// What the runner takes for a hook.
struct HookRuleTests {
    private func refusal(secret: String) -> JobError? {
        var job = JobSpecification(kind: "task")
        job.hooks = [JobHook(on: [.succeeded], action: .http(.init(url: "https://example.org/", secret: secret)))]
        do throws(JobError) {
            try Rules.check(job, at: "jobs[1].")
            return nil
        } catch {
            return error
        }
    }

    /// The runner refused what files of kinds, and the worker that signs, take.
    @Test(arguments: ["receiver", "Slack_TOKEN", String(repeating: "s", count: 255)])
    func takesTheNameOfAnySecret(name: String) { #expect(refusal(secret: name) == nil) }

    @Test(arguments: ["", "../etc/passwd", ".hidden", "a b", String(repeating: "s", count: 256)])
    func refusesWhatCanBeNone(name: String) {
        #expect(refusal(secret: name)?.rpcError.field == "jobs[1].hooks[0].http.secret")
    }
}
