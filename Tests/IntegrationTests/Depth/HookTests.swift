import Glibc
import TestSupport
import Testing

/// What is done when a job has ended, up to a command that ran.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct HookTests {
    private let folder = TemporaryDirectory()

    @Test func aHookOfAKindStartsAJobOrACommandForTheEndsItNamesAndFiresNoFurtherOnes() async throws {
        let events = folder.file("events")
        let kinds = """
            kinds:
              - name: work
                command: [/bin/sh, -c, 'exit $(cat)']
                attempts: 1
                hooks:
                  - on: [failed]
                    command: [/bin/sh, -c, 'cat >>\(events)']
                  - on: [succeeded, failed]
                    job: { kind: after, params: { channel: ops, urgent: false } }
                  - on: [succeeded]
                    job: { kind: after }
              - name: after
                command: [/bin/cat]
                hooks: [{ on: [succeeded], job: { kind: after } }]
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let good = try await runner.submit("work", "0")
            try await runner.finished(good)
            func after(_ count: Int) async throws -> [Tree] {
                try await eventually("\(count) jobs came after") {
                    let jobs = try await runner.call("job.list", "{\"kind\":\"after\",\"states\":[\"succeeded\"]}")
                    return jobs["jobs"].elements.count >= count
                }
                var jobs: [Tree] = []
                for job in try await runner.call("job.list", "{\"kind\":\"after\"}")["jobs"].elements {
                    jobs.append(try await runner.job(try #require(job["id"].int)))
                }
                return jobs
            }
            let first = try await after(2)
            #expect(first.count == 2, "hooks fire no hooks: \(first)")
            #expect(first.allSatisfy { $0["hookOf"].int == good })
            #expect(first.contains { $0["result"]["channel"].string == "ops" })
            let event = first.first { $0["result"]["channel"] == .absent }?["result"] ?? .absent
            #expect("\(event)".contains("\(good)") && "\(event)".contains("succeeded"), "\(event)")
            #expect(text(of: events) == nil, "it did not fail")

            let bad = try await runner.submit("work", "3")
            try await runner.finished(bad)
            #expect(try await after(3).count == 3)
            try await eventually("the command was told") { text(of: events)?.isEmpty == false }
            let told = try Tree(try #require(text(of: events)))
            #expect("\(told)".contains("failed") && "\(told)".contains("work"), "\(told)")
        }
    }

    @Test func aHookOfOneJobIsTriedAgainLikeAJobWhenItsCommandAsksForIt() async throws {
        let tries = folder.file("tries")
        let kinds = """
            kinds:
              - name: work
                command: [/bin/true]
                hooks:
                  - on: [succeeded]
                    command: [/bin/sh, -c, 'echo again >>\(tries); [ $(wc -l <\(tries)) = 2 ] || exit 75']
              - { name: report, command: [/bin/cat] }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let hooks = ",\"hooks\":[{\"on\":[\"succeeded\"],\"job\":{\"kind\":\"report\",\"params\":{\"of\":1}}}]"
            let id = try await runner.submit("work", "{}", hooks)
            try await runner.finished(id)
            try await eventually("the hooks are over") {
                let jobs = try await runner.call("job.list", "{\"states\":[\"succeeded\"]}")["jobs"].elements
                return jobs.count == 3
            }
            #expect(text(of: tries) == "again\nagain\n")
            let report = try await runner.call("job.list", "{\"kind\":\"report\"}")["jobs"][0]
            #expect(try await runner.job(try #require(report["id"].int))["result"]["of"].int == 1)
        }
    }
}
