import JSONCodec
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

/// Calls of the client library to one service of a booted system: changes where it keeps something, and questions where it does
/// not or is not to be changed yet; and what their callers were told.
final class SubjectLoad: Sendable {
    /// The longest that calls took, the two sorts apart: a question says nothing of how long a change is held up.
    struct Pauses {
        var change = Duration.zero
        var question = Duration.zero
    }

    private struct State {
        /// Changes that were begun; their numbers are 1 to this.
        var begun = 0
        var nextChange = ContinuousClock.now
        var acknowledged: Set<Int> = []
        var questions = 0
        var failures: [String] = []
        var longest = Pauses()
        var longestOfLate = Pauses()
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

    /// Questions that were answered.
    var questions: Int { state.value.questions }
    var acknowledged: Int { state.value.acknowledged.count }
    /// What callers were told instead of an answer.
    var failures: [String] { state.value.failures }

    /// "runner 12.5 ms, a question 3.1 ms": the longest since this was asked last.
    func longestOfLate() -> String {
        var longest = Pauses()
        state.update {
            longest = $0.longestOfLate
            $0.longestOfLate = Pauses()
        }
        let change = subject.keepsSomething ? "\(milliseconds(longest.change)), " : ""
        return "\(subject.name) \(change)a question \(milliseconds(longest.question))"
    }

    /// Makes a call, which may fail.
    ///
    /// - Parameter caller: every second one, from 0, waits for the next change; the others ask while none is due.
    func call(by caller: Int) async {
        let number = await nextChange(waits: caller % 2 == 0)
        let begun = ContinuousClock.now
        do {
            if let number { try await change(number) } else { try await ask() }
            state.update {
                if let number { $0.acknowledged.insert(number) } else { $0.questions += 1 }
            }
        } catch {
            state.update { $0.failures.append("\(number.map { "change \($0)" } ?? "a question"): \(error)") }
        }
        let took = ContinuousClock.now - begun
        let kind = number == nil ? \Pauses.question : \Pauses.change
        state.update {
            $0.longest[keyPath: kind] = max($0.longest[keyPath: kind], took)
            $0.longestOfLate[keyPath: kind] = max($0.longestOfLate[keyPath: kind], took)
        }
    }

    /// Changes at most: the metrics service keeps 50,000 silences at one time, and every job is to be run before the end.
    private static let most = 40_000

    /// The number of the next change, when it is due; nil for a question.
    ///
    /// One half is made as fast as the callers can. Of the other as many a second as a 200th of those that are left: however
    /// long the load lasts, there are changes to its end. Callers who only asked in between would all be held up with questions
    /// when the service goes, and no change would be.
    private func nextChange(waits: Bool) async -> Int? {
        guard subject.keepsSomething else { return nil }
        let now = ContinuousClock.now
        var taken: (number: Int, due: ContinuousClock.Instant)?
        state.update { state in
            let due = max(now, state.nextChange)
            guard state.begun < Self.most, waits || due == now else { return }
            state.begun += 1
            taken = (state.begun, due)
            let left = Self.most - state.begun
            if left <= Self.most / 2 { state.nextChange = due + .seconds(200) / max(left, 1) }
        }
        guard let taken else { return nil }
        if taken.due > now { try? await Task.sleep(until: taken.due) }
        return taken.number
    }

    private func change(_ number: Int) async throws {
        let change = subject.change(number)
        let options = CallOptions(timeout: .seconds(60), idempotencyKey: change.key)
        _ = try await client.callRaw(change.method, JSONRaw(unchecked: Array(change.params.utf8)), options: options)
    }

    private func ask() async throws {
        let method = subject.keepsSomething ? "service.status" : "preload.stats"
        _ = try await client.callRaw(method, options: CallOptions(timeout: .seconds(60)))
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
        "calls failed#", "questions answered#", "longest#", "changes acknowledged#", "longest#", "lost#",
        "doubled or invented#",
    ]

    /// No call failed and no change was lost, doubled or invented. What was seen: "0", "4711", "12.5 ms", then what became of the
    /// changes, for a table of ``columns``.
    func expectNothingAmiss() async throws -> [String] {
        #expect(failures.isEmpty, "\(subject.name): \(failures.prefix(5))")
        let (lost, strange) = try await reckoning()
        #expect(lost.isEmpty && strange == 0, "\(subject.name): lost \(lost), \(strange) too many")
        if subject.name == "runner" { try await jobsHaveSucceeded() }
        let longest = state.value.longest
        let asked = questions == 0 ? ["", ""] : ["\(questions)", milliseconds(longest.question)]
        let figures = ["\(failures.count)"] + asked
        guard subject.keepsSomething else { return figures + ["", "", "", ""] }
        return figures + ["\(acknowledged)", milliseconds(longest.change), "\(lost.count)", "\(strange)"]
    }
}
