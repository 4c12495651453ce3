import JSONCodec
import KindFiles
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite struct HookTests {
    let yard: JobYard

    init() throws { yard = try JobYard() }

    @Test func theEndOfAJobIsTheBeginningOfItsHooks() throws {
        yard.rules.hooks["plain"] = [
            KindHook(on: [.succeeded, .failed], action: .task(.command(["/usr/bin/notify", "done"])))
        ]
        var wanted = JobSpecification.plain()
        wanted.hooks = [
            JobHook(on: [.failed], action: .job(.init(kind: "repair"))),
            JobHook(
                on: [.succeeded], action: .job(.init(kind: "next", params: JSONRaw("given"), queue: "slow"))
            ),
            JobHook(
                on: [.succeeded], action: .http(.init(url: "https://example.org/", secret: "sesame"))),
        ]
        let id = try yard.submit(wanted, durability: .crash).receipt.id
        try yard.claim("plain")
        let changes = try yard.finish(id, result: "{\"rows\":3}").changes
        let lanes = [("slow", "next"), ("default", "http-callback"), ("default", "hook.command")]
            .map { Lane(queue: $0, kind: $1, uid: 1000) }
        #expect(changes.created == lanes)
        #expect(changes.lanes == Set(lanes))

        let event =
            "{\"id\":\(id),\"kind\":\"plain\",\"correlationId\":\"test\",\"state\":\"succeeded\",\"cause\":\"test\","
            + "\"finishedAt\":\"\(yard.now)\",\"result\":{\"rows\":3}}"
        let next = try #require(try yard.claim("next", queue: "slow").first)
        #expect(next.brief.params.text == "\"given\"")
        #expect(next.view.hookOf == id)
        #expect(next.view.durability == .crash)
        #expect(next.task == nil)
        let http = try #require(try yard.claim("http-callback").first)
        #expect(http.brief.params.text == event)
        #expect(http.task == .http(.init(url: "https://example.org/", secret: "sesame")))
        #expect(try !"\(yard.detail(http.brief.id))".contains("sesame"))
        let command = try #require(try yard.claim("hook.command").first)
        #expect(command.task == .command(["/usr/bin/notify", "done"]))
    }

    /// The members of an event that has all of them.
    @Test func thePageOfHooksListsTheMembersOfTheEventAndNoOther() throws {
        var wanted = JobSpecification.keyed("k")
        wanted.hooks = [JobHook(on: [.failed], action: .job(.init(kind: "told")))]
        let id = try yard.submit(wanted).receipt.id
        try yard.claim("plain")
        try yard.finish(id, .failed, result: "1")
        let event = try #require(try yard.claim("told").first).brief.params
        let members = try event.decode(JSONValue.self).members?.map(\.name) ?? []
        let listed = try DocumentedPage("Documentation/Hooks").firstColumn(under: "## The event")
        #expect(listed == members)
    }

    /// What a file declares for the kind "letter": a strictly ordered key, two tries, a time limit, a queue.
    private func declareLetters() throws {
        let folder = TemporaryDirectory()
        folder.write(
            """
            name: letter
            command: [/bin/cat]
            queue: letters
            key: { ordered: true, waiting: 0, from: who }
            attempts: 2
            timeout: 20s
            """, to: "letter.yaml")
        let (catalog, problems) = KindCatalog.load(folder: folder.path)
        #expect(problems.isEmpty)
        yard.rules = RuleBook(configuration: RunnerConfiguration(), catalog: catalog, stored: StoredRules()).store
    }

    @Test func aHooksJobIsUnderTheRulesOfItsKindAndIsNeverRefused() throws {
        try declareLetters()
        var wanted = JobSpecification.plain()
        let letter = JobHook.FollowUp(kind: "letter", params: try JSONRaw(validating: Array(#"{"who":"ann"}"#.utf8)))
        wanted.hooks = [
            JobHook(on: [.succeeded], action: .job(letter)), JobHook(on: [.succeeded], action: .job(letter)),
        ]
        let id = try yard.submit(wanted).receipt.id
        try yard.claim("plain")
        let created = try yard.finish(id).changes.created

        let first = try #require(try yard.claim("letter", 5).first?.view)
        #expect(first.key == "ann" && first.maxAttempts == 2 && first.timeoutMs == 20_000)
        // In the queue of the job that ended; and the line, in which nobody else may wait, took the second.
        #expect(created == Array(repeating: Lane(queue: "default", kind: "letter", uid: 1000), count: 2))
        let second = JobID(first.id.rawValue + 1)
        #expect(try yard.place(second) == "ready/key")
        try yard.finish(first.id)
        #expect(try yard.claim("letter", 5).map(\.brief.id) == [second])
    }

    @Test func whoeverSubmitsAJobGetsWhatItsKindDeclares() throws {
        try declareLetters()
        var wanted = JobSpecification(kind: "letter", params: try JSONRaw(validating: Array(#"{"who":"bob"}"#.utf8)))
        wanted.maxAttempts = 7
        let job = try yard.job(try yard.submit(wanted).receipt.id)
        #expect(job.key == "bob" && job.queue == "letters" && job.timeoutMs == 20_000)
        #expect(job.maxAttempts == 7, "a submission's own word goes before it")
    }

    @Test func aHooksJobFiresNoHooks() throws {
        yard.rules.hooks["plain"] = [KindHook(on: [.succeeded], action: .job(.init(kind: "plain")))]
        let id = try yard.submit(.plain()).receipt.id
        try yard.claim("plain")
        #expect(try yard.finish(id).changes.created.count == 1)
        let second = try #require(try yard.claim("plain").first)
        #expect(try yard.finish(second.brief.id).changes.created.isEmpty)
    }

    @Test func aJobThatIsCancelledWhileItWaitsHasItsHooksToo() throws {
        var wanted = JobSpecification.plain()
        wanted.hooks = [JobHook(on: [.cancelled], action: .job(.init(kind: "mourn")))]
        let id = try yard.submit(wanted).receipt.id
        #expect(try yard.cancel(id).changes.created.map(\.kind) == ["mourn"])
    }
}
