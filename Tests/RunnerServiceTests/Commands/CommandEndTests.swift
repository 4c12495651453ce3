import Glibc
import KindFiles
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite(.heavy) struct CommandEndTests {
    @Test func aCancelledCommandKeepsWhatItHadDone() async throws {
        let bench = try CommandBench()
        let running = bench.start(
            CommandBench.shell(
                "trap 'echo \"{\\\"done\\\":4}\"; exit 0' TERM; echo up >&2; while :; do sleep 0.01; done"))
        try await bench.line("up")
        running.handle.cancel()
        let outcome = try await running.outcome()
        #expect(outcome.error?.status == .cancelled)
        #expect(outcome.error?.details?.text == "{\"partial\":{\"done\":4}}")
        #expect(outcome.exit == .exited(0))
        running.handle.cancel()
        #expect(running.outcomes.value.count == 1)
    }

    @Test func oneThatIgnoresTermIsKilledAfterItsGrace() async throws {
        let time = ManualTime()
        let bench = try CommandBench(time: time)
        let running = bench.start(
            CommandBench.shell("trap '' TERM; echo up >&2; while :; do sleep 1000; done") {
                $0.grace = .seconds(7)
            })
        try await bench.line("up")
        running.handle.cancel()
        // The sweep, and the grace.
        try await eventually("the grace runs") { time.sleeperCount >= 2 }
        #expect(running.outcomes.value.isEmpty)
        time.advance(by: .seconds(7))
        let outcome = try await running.outcome()
        #expect(outcome.error?.reason == "command.cancelled" && outcome.exit == .signalled(SIGKILL))
    }

    @Test func aCommandCanBeCancelledAtAnyMoment() async throws {
        let bench = try CommandBench()
        // From before its start until after its end.
        var runs: [CommandBench.Running] = []
        for pause in 0..<60 {
            let running = bench.start(
                CommandBench.shell("cat >/dev/null; sleep 0.01; echo '{}'; sleep 0.01") {
                    $0.grace = .milliseconds(50)
                })
            runs.append(running)
            if pause > 0 { try await Task.sleep(for: .microseconds(pause * 700)) }
            running.handle.cancel()
        }
        for running in runs {
            let outcome = try await running.outcome()
            #expect(outcome.text == "{}" || outcome.error?.status == .cancelled)
        }
        #expect(bench.executor.count == 0)
        for running in runs { #expect(running.outcomes.value.count == 1) }
    }

    @Test func oneThatIsTooSlowIsEnded() async throws {
        let time = ManualTime()
        let bench = try CommandBench(time: time)
        let running = bench.start(
            CommandBench.shell("echo up >&2; sleep 1000"),
            CommandBench.attempt { $0.timeout = .seconds(30) })
        try await bench.line("up")
        try await eventually("the time runs") { time.sleeperCount >= 2 }
        time.advance(by: .seconds(29))
        #expect(running.outcomes.value.isEmpty)
        time.advance(by: .seconds(1))
        let outcome = try await running.outcome()
        #expect(
            outcome.error?.status == .deadlineExceeded && outcome.error?.reason == "command.timeout")
        #expect(outcome.error?.message == "the command ran longer than 30000 ms")
    }

    @Test func aResultIsNotSpoiledByWhatItLeavesBehind() async throws {
        let bench = try CommandBench()
        let outcome = try await bench.run(
            "(setsid sleep 1000 &) & sleep 1000 & echo '{\"ok\":true}'; exit 0")
        #expect(outcome.text == "{\"ok\":true}")
        let warnings = bench.log.entries.value.filter { $0.level == .warning }
        #expect(warnings.count == 1)
        #expect(
            warnings.first?.message.hasPrefix("the command has ended and left 2 processes behind") == true
        )
        #expect(warnings.first?.fields["job-id"] == "17")
    }

    @Test func cancellingReachesTheWholeTree() async throws {
        let bench = try CommandBench()
        let attempt = CommandBench.attempt()
        let running = bench.start(
            CommandBench.shell(
                """
                trap '' TERM
                (setsid sh -c 'trap "" TERM; echo one >&2; while :; do sleep 1000; done' &) &
                setsid sh -c 'echo two >&2; while :; do sleep 1000; done' &
                sleep 1000 & wait; wait
                """
            ) { $0.grace = .milliseconds(100) }, attempt)
        try await bench.line("one")
        try await bench.line("two")
        running.handle.cancel()
        _ = try await running.outcome()
        #expect(marked(attempt.fence).isEmpty)
    }

    @Test func stoppingEndsAllAndRefusesMore() async throws {
        let bench = try CommandBench()
        let running = (0..<5).map { index in
            bench.start(
                CommandBench.shell("trap '' TERM; echo up\(index) >&2; while :; do sleep 1000; done") {
                    $0.grace = .seconds(1000)
                })
        }
        for index in 0..<5 { try await bench.line("up\(index)") }
        // This one is in its long grace already.
        running[0].handle.cancel()
        try await within(.seconds(30)) { await bench.executor.stop(within: .milliseconds(200)) }
        #expect(bench.executor.count == 0)
        #expect(try await running[0].outcome().error?.status == .cancelled)
        for index in 1..<5 {
            #expect(try await running[index].outcome().error?.reason == "service.stopping")
        }
        #expect(try await bench.run("true").error?.reason == "service.stopping")
    }

    @Test func manyAtOnceNeedFewThreadsAndLeaveNothing() async throws {
        let bench = try CommandBench()
        _ = try await bench.run("true")
        let before = (try threads(), try descriptors())
        let runs = (0..<200).map { index in
            bench.start(
                CommandBench.shell("read line; echo said \(index) >&2; sleep 0.2; echo \"$line\""),
                CommandBench.attempt("[\(index)]"))
        }
        try await eventually("they run") {
            bench.executor.count >= 100 || runs.last!.outcomes.value.count == 1
        }
        // Of the tests that run beside this one some have threads of their own.
        #expect(try threads() <= before.0 + 8)
        for (index, running) in runs.enumerated() {
            #expect(try await running.outcome(within: .seconds(60)).text == "[\(index)]")
        }
        #expect(bench.executor.count == 0)
        try await eventually("the descriptors are closed") { try descriptors() <= before.1 + 20 }
        #expect(bench.log.entries.value.filter { $0.message.hasPrefix("said") }.count == 200)
    }

    @Test func anExecutorThatGoesTakesItsThreadAlong() async throws {
        let before = try descriptors()
        for _ in 0..<20 { _ = try await CommandBench().run("true") }
        try await eventually("threads and descriptors go") { try descriptors() <= before + 10 }
    }

    @Test func whatItUsedIsKnown() async throws {
        let outcome = try await CommandBench().run(
            "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; echo 1; sleep 0.05")
        #expect(outcome.cpuTime > .milliseconds(5))
        #expect(try #require(outcome.peakBytes) > 100_000)
    }

    private func marked(_ fence: Int64) -> [String] {
        let pids = (try? Files.list("/proc")) ?? []
        return pids.filter { pid in
            guard let bytes = contents(of: "/proc/\(pid)/environ") else { return false }
            return bytes.split(separator: 0).contains { $0.elementsEqual("MILLRACE_LEASE=\(fence)".utf8) }
        }
    }

    private func threads() throws -> Int { try Files.list("/proc/self/task").count }
    private func descriptors() throws -> Int { try Files.list("/proc/self/fd").count }
}
