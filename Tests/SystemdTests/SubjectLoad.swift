import JSONCodec
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

/// Calls of the client library to one service of a booted system: changes where it keeps something, else questions; and what
/// their callers were told.
final class SubjectLoad: Sendable {
    private struct State {
        var next = 1
        var acknowledged: Set<Int> = []
        var answered = 0
        var failures: [String] = []
        var longest = Duration.zero
        var longestOfLate = Duration.zero
    }

    let subject: Subject
    private let system: BootedSystem
    private let client: RPCClient
    private let state = Watched(State())

    init(_ subject: Subject, in system: BootedSystem) async throws {
        self.subject = subject
        self.system = system
        client = RPCClient(socket: system.outside("/run/millrace/\(subject.name).sock"))
        if let preparation = subject.preparation {
            _ = try await client.callRaw(preparation.method, JSONRaw(unchecked: Array(preparation.params.utf8)))
        }
    }

    deinit { client.close() }

    var answered: Int { state.value.answered }
    var acknowledged: Int { state.value.acknowledged.count }
    /// What callers were told instead of an answer.
    var failures: [String] { state.value.failures }
    /// The longest that a call took.
    var longest: Duration { state.value.longest }

    /// The longest since this was asked last.
    func longestOfLate() -> Duration {
        var longest = Duration.zero
        state.update {
            longest = $0.longestOfLate
            $0.longestOfLate = .zero
        }
        return longest
    }

    /// Makes a call, which may fail.
    func call() async {
        let begun = ContinuousClock.now
        var number = 0
        state.update {
            number = $0.next
            $0.next += 1
        }
        let mine = number
        do {
            let isChange = try await make(mine)
            state.update {
                $0.answered += 1
                if isChange { $0.acknowledged.insert(mine) }
            }
        } catch {
            state.update { $0.failures.append("\(mine): \(error)") }
        }
        let took = ContinuousClock.now - begun
        state.update {
            $0.longest = max($0.longest, took)
            $0.longestOfLate = max($0.longestOfLate, took)
        }
    }

    /// Changes at most, for the metrics service keeps 50,000 silences; who has made so many asks instead.
    private static let most = 40_000

    /// False for a question.
    private func make(_ number: Int) async throws -> Bool {
        var options = CallOptions(timeout: .seconds(60))
        guard subject.keepsSomething, number <= Self.most else {
            _ = try await client.callRaw(subject.keepsSomething ? "service.status" : "preload.stats", options: options)
            return false
        }
        let change = subject.change(number)
        options.idempotencyKey = change.key
        _ = try await client.callRaw(change.method, JSONRaw(unchecked: Array(change.params.utf8)), options: options)
        return true
    }

    /// Of the changes that were acknowledged those that are not there, and how many are there twice or unasked for. Nothing is
    /// under way any more.
    private func reckoning() async throws -> (lost: Set<Int>, strange: Int) {
        guard subject.keepsSomething else { return ([], 0) }
        let acknowledged = state.value.acknowledged
        let listing = subject.listing("/var/lib/millrace/\(subject.name).sqlite")
        let there = Subject.numbers(in: try await system.check(listing))
        let strange = there.count - Set(there).count + Set(there).subtracting(acknowledged).count
        return (acknowledged.subtracting(there), strange)
    }

    /// Waits until each job that was submitted has succeeded, once.
    func jobsHaveSucceeded() async throws {
        let query = """
            SELECT count(*) FILTER (WHERE state = 'succeeded'), (SELECT count(*) FROM (SELECT 1 FROM transition
                WHERE to_state = 'succeeded' GROUP BY job_id HAVING count(*) > 1)) FROM job WHERE kind = 'kept'
            """
        let command = ["sqlite3", "-cmd", ".timeout 10000", "/var/lib/millrace/runner.sqlite", query]
        try await eventually("each job has succeeded once", within: .seconds(120), every: .milliseconds(200)) {
            try await system.check(command) == "\(acknowledged)|0\n"
        }
    }

    /// Of what ``expectNothingAmiss()`` returns.
    static let columns = [
        "calls#", "failed#", "longest pause#", "changes acknowledged#", "lost#", "doubled or invented#",
    ]

    /// No call failed and no change was lost, doubled or invented. What was seen: "4711", "0", "12.5 ms", then what became of the
    /// changes, for a table of ``columns``.
    func expectNothingAmiss() async throws -> [String] {
        #expect(failures.isEmpty, "\(subject.name): \(failures.prefix(5))")
        let (lost, strange) = try await reckoning()
        #expect(lost.isEmpty && strange == 0, "\(subject.name): lost \(lost), \(strange) too many")
        if subject.name == "runner" { try await jobsHaveSucceeded() }
        let figures = ["\(answered)", "\(failures.count)", milliseconds(longest)]
        guard subject.keepsSomething else { return figures + ["", "", ""] }
        return figures + ["\(acknowledged)", "\(lost.count)", "\(strange)"]
    }
}
