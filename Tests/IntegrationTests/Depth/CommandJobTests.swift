import Glibc
import TestSupport
import Testing

/// Any executable is a job: what goes in, what comes out, how it ends.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct CommandJobTests {
    @Test func theParamsComeOnStandardInputAndJSONOnStandardOutputIsTheResult() async throws {
        let kinds = """
            kinds:
              - { name: echo, command: [/bin/cat] }
              - { name: silent, command: [/bin/true] }
              - { name: garbage, command: [/bin/echo, "not JSON"] }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let params = "{\"text\":\"Grüße\\n\",\"number\":12345678901234567,\"list\":[1,{\"a\":null}]}"
            let job = try await runner.finished(try await runner.submit("echo", params))
            #expect(job["state"].string == "succeeded")
            #expect(job["result"] == (try Tree(params)))

            let silent = try await runner.finished(try await runner.submit("silent"))
            #expect(silent["state"].string == "succeeded")
            #expect(silent["result"] == .absent)

            let garbage = try await runner.finished(try await runner.submit("garbage"))
            #expect(garbage["state"].string == "failed")
            #expect(garbage["error"]["data"]["reason"].string == "command.output")
        }
    }

    @Test func exit75IsTriedAgainAsOftenAsTheKindSaysAndAnyOtherExitFailsAtOnce() async throws {
        let kinds = """
            kinds:
              - { name: later, command: [/bin/sh, -c, "exit 75"], attempts: 3, backoff: 1ms }
              - { name: never, command: [/bin/sh, -c, "echo out of paper >&2; exit 3"], attempts: 3, backoff: 1ms }
              - { name: shot, command: [/bin/sh, -c, "kill -9 $$"], attempts: 3, backoff: 1ms }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let later = try await runner.submit("later")
            #expect(try await runner.finished(later)["state"].string == "failed")
            let tries = try await runner.attempts(later)
            #expect(tries.map { $0["exitCode"].int } == [75, 75, 75])
            #expect(tries.map { $0["cause"].string } == ["exit", "exit", "exit"])
            #expect(tries.map { $0["number"].int } == [1, 2, 3])

            let never = try await runner.submit("never")
            let failed = try await runner.finished(never)
            #expect(failed["state"].string == "failed")
            #expect(failed["error"]["data"]["reason"].string == "command.exit")
            #expect(failed["error"]["message"].string?.contains("out of paper") == true)
            #expect(try await runner.attempts(never).map { $0["exitCode"].int } == [3])

            // Killed by somebody else is a lost worker: three of those, and the job has failed for that cause.
            let shot = try await runner.submit("shot")
            let lost = try await runner.finished(shot)
            #expect(lost["state"].string == "failed")
            #expect(lost["error"]["data"]["reason"].string == "worker.lost")
            let shots = try await runner.attempts(shot)
            #expect(shots.map { $0["cause"].string } == ["signal", "signal", "signal"])
            #expect(shots.allSatisfy { $0["signal"].int == 9 })
        }
    }

    @Test func aCommandFindsItsJobInTheEnvironmentAndOnlyWhatItsKindPassesOn() async throws {
        let kinds = """
            kinds:
              - name: look
                command: [/bin/sh, -c, "env >&2; pwd >&2; cat"]
                environment: { LEVEL: 3, GREETING: "good day" }
                inherit-environment: [PATH]
                directory: /usr
            """
        try await RunningRunner.run(kinds: kinds, environment: ["SECRET_OF_THE_RUNNER": "hidden"]) { runner in
            let id = try await runner.submit("look", "{\"a\":1}")
            let job = try await runner.finished(id)
            #expect(job["result"]["a"].int == 1)
            let log = runner.log
            let correlation = try #require(job["correlationId"].string)
            let fence = try #require(try await runner.attempts(id).first?["fence"].int)
            for variable in [
                "MILLRACE_JOB_ID=\(id)", "MILLRACE_JOB_KIND=look", "MILLRACE_ATTEMPT=1", "LEVEL=3",
                "MILLRACE_CORRELATION_ID=\(correlation)", "MILLRACE_LEASE=\(fence)",
                "MILLRACE_SOCKET=\(runner.socket)", "GREETING=good day", "PATH=", "/usr attempt=1",
            ] {
                #expect(log.contains(variable), "\(variable)")
            }
            #expect(!log.contains("SECRET_OF_THE_RUNNER"))
            #expect(!log.contains("HOME="))
        }
    }

    @Test func whatACommandSaysOnStandardErrorStandsInTheLogUnderTheFieldsOfItsJob() async throws {
        let kinds = """
            kinds:
              - name: talk
                command: [/bin/sh, -c, "echo one >&2; echo '<4>two is odd' >&2; printf 'three, without an end' >&2"]
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let id = try await runner.submit("talk")
            let other = try await runner.submit("talk")
            let correlation = try #require(try await runner.finished(id)["correlationId"].string)
            _ = try await runner.finished(other)
            let lines = runner.log.split(separator: "\n").filter { $0.contains("job-id=\(id) ") }
            for (text, level) in [("one", "info"), ("two is odd", "warning"), ("three, without an end", "info")] {
                let line = lines.first { $0.contains(" \(text) ") }
                #expect(line?.contains(" \(level) ") == true, "\(text): \(lines)")
                #expect(line?.contains("job-kind=talk") == true)
                #expect(line?.contains("attempt=1") == true)
                #expect(line?.contains("correlation-id=\(correlation)") == true)
            }
            let told = try await runner.check("job", "log", "\(id)")
            #expect(told.contains("one") && told.contains("two is odd") && told.contains("three, without an end"))
            #expect(told.split(separator: "\n").count { $0.contains("two is odd") } == 1, "only its own: \(told)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func aCommandRunsAsItsUserWithItsUmaskNicenessAndLimits() async throws {
        let kinds = """
            kinds:
              - name: bounded
                command:
                  - /bin/sh
                  - -c
                  - 'printf ''{"uid":%d,"gid":%d,"umask":"%s","files":%d,"cpu":%d,"nice":%d,"groups":"%s"}''
                    $(id -u) $(id -g) $(umask) $(ulimit -n) $(ulimit -t) $(nice) "$(id -G)"'
                user: nobody
                umask: "027"
                nice: 7
                limits: { open-files: 64, cpu-time: 100s }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let result = try await runner.finished(try await runner.submit("bounded"))["result"]
            #expect(result["uid"].int == 65534)
            #expect(result["gid"].int == 65534)
            #expect(result["groups"].string == "65534")
            #expect(result["umask"].string == "0027")
            #expect(result["nice"].int == 7)
            #expect(result["files"].int == 64)
            #expect(result["cpu"].int == 100)
        }
    }

    @Test func aCommandThatWritesMoreThanItsBoundIsEndedAndItsJobFails() async throws {
        let kinds = """
            kinds:
              - { name: endless, command: [/usr/bin/yes], output: 64K }
              - { name: full, command: [/bin/sh, -c, "printf '\\"%065534d\\"' 1"], output: 64K }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let endless = try await runner.submit("endless")
            let job = try await runner.finished(endless)
            #expect(job["state"].string == "failed")
            #expect(job["error"]["data"]["reason"].string == "command.outputTooLong")
            let full = try await runner.finished(try await runner.submit("full"))
            #expect(full["result"].string?.count == 65534, "as much as the bound is taken: \(full["error"])")
        }
    }

    @Test func aCancelledCommandEndsWithItsWholeTreeAlsoWhatIgnoresTermInASessionOfItsOwn() async throws {
        let folder = TemporaryDirectory()
        // The grandchild leaves session, group and parent, and ignores TERM.
        let deaf = "trap '' TERM; echo $$ >\(folder.file("deaf")); while :; do sleep 1000; done"
        folder.write(
            "setsid sh -c \"\(deaf.replacing("$", with: "\\$"))\" </dev/null >/dev/null 2>&1 &\n", to: "leave.sh")
        let kinds = """
            kinds:
              - name: family
                command: [/bin/sh, -c, "sh \(folder.file("leave.sh")); sleep 1000 & echo $$ >\(folder.file("leader")); echo '{\\"done\\":7}'; wait"]
                grace: 200ms
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let id = try await runner.submit("family")
            func number(_ name: String) -> pid_t? {
                text(of: folder.file(name)).flatMap { pid_t($0.filter(\.isNumber)) }
            }
            try await eventually("the family is there") { number("deaf") != nil && number("leader") != nil }
            let (grandchild, leader) = (try #require(number("deaf")), try #require(number("leader")))
            #expect(getsid(grandchild) != getsid(leader))

            let cancelled = try await runner.call("job.cancel", "{\"id\":\(id),\"reason\":\"enough\"}")
            #expect(cancelled["cancelling"].bool == true)
            let job = try await runner.finished(id)
            #expect(job["state"].string == "cancelled")
            #expect(job["cause"].string == "cancelled: enough")
            #expect(!ProcessLook.isAlive(leader))
            #expect(!ProcessLook.isAlive(grandchild), "the deaf grandchild is left")
            #expect(ProcessLook.bearing("MILLRACE_SOCKET=\(runner.socket)\0").isEmpty)
            #expect(try await runner.attempts(id).map { $0["cause"].string } == ["cancelled"])
        }
    }

    @Test func anAttemptSaysHowMuchProcessorAndMemoryItTook() async throws {
        let kinds = """
            kinds:
              - name: hungry
                command: [/usr/bin/python3, -c, "b = bytearray(64 << 20); n = sum(i for i in range(3000000)); print(n)"]
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let id = try await runner.submit("hungry")
            #expect(try await runner.finished(id)["state"].string == "succeeded")
            let attempt = try #require(try await runner.attempts(id).first)
            #expect(try #require(attempt["cpuUs"].int) > 20_000)
            #expect(try #require(attempt["peakBytes"].int) > 64 << 20)
            #expect(attempt["startedAt"].string != nil && attempt["endedAt"].string != nil)
            #expect(attempt["worker"].string == "command")
            #expect(attempt["exitCode"].int == 0)
        }
    }

    @Test func aCommandThatTakesTooLongIsEndedWithTheCauseTimeout() async throws {
        let kinds = """
            kinds:
              - { name: item, command: [/bin/sleep, "1000"], item-timeout: 50ms, attempts: 2, backoff: 1ms }
              - { name: job, command: [/bin/sleep, "1000"], timeout: 50ms }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let item = try await runner.submit("item")
            let late = try await runner.finished(item)
            #expect(late["state"].string == "failed")
            #expect(try await runner.attempts(item).map { $0["cause"].string } == ["timeout", "timeout"])
            let job = try await runner.submit("job")
            #expect(try await runner.finished(job)["error"]["data"]["reason"].string == "job.timeout")
            #expect(try await runner.attempts(job).map { $0["cause"].string } == ["timeout"])
            #expect(try await runner.why(job) == ["timedOut"])
        }
    }
}
