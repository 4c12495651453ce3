import JSONCodec
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
            "{\"id\":\(id),\"kind\":\"plain\",\"state\":\"succeeded\",\"cause\":\"test\",\"result\":{\"rows\":3}}"
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
