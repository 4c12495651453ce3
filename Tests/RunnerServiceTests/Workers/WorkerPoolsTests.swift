import Glibc
import KindFiles
import Linux
import TestSupport
import Testing

@testable import RunnerService

/// The pools with real processes.
@Suite(.heavy, .serialized, .enabled(if: WorkerDefinition.interpreter != nil, "python3 not there"))
struct WorkerPoolsTests {
    @Test func theWarmProcessesAreThereAndDemandBringsMore() async throws {
        var definition = WorkerDefinition.python()
        definition.processes = 3
        try await PoolYard.run([definition]) { yard in
            let first = try await yard.ready(1)
            #expect(try yard.view().running.map(\.pid) == first)
            yard.pools.demand(pool: "yard", waiting: 2)
            let two = try await yard.ready(2)
            for pid in two { (0..<4).forEach { _ in yard.call(pid, "hold") } }
            let three = try await yard.ready(3)
            #expect(Set(two).isSubset(of: three))
            yard.pools.demand(pool: "yard", waiting: 2)
            let view = try yard.view()
            #expect(view.running.count == 3 && view.processes == 3 && view.warm == 1)
            #expect(view.running.map(\.calls).sorted() == [0, 4, 4])
            #expect(view.running.allSatisfy { $0.state == .ready && $0.worker == 1 })
        }
    }

    @Test(arguments: ["good", "deaf"])
    func whoAnswersAPingLivesWhateverItSays(mode: String) async throws {
        let time = ManualTime()
        try await PoolYard.run([.python(mode: mode)], time: time) { yard in
            let first = try await yard.ready(1)
            for _ in 0..<20 {
                await time.sleepers(atLeast: 1)
                time.advance(by: .seconds(10))
                await time.sleepers(atLeast: 1)
                // It answers in order, so the ping's answer has come when this one's has.
                try await yard.answered(first[0])
            }
            #expect(try await yard.ready(1) == first)
        }
    }

    @Test func aStoppedProcessIsKilledAndReplaced() async throws {
        let time = ManualTime()
        try await PoolYard.run([.python()], time: time) { yard in
            let first = try await yard.ready(1)[0]
            kill(first, SIGSTOP)
            await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(10))
            await time.sleepers(atLeast: 1)
            #expect(yard.history.value.ready("yard") == [first])
            time.advance(by: .seconds(10))
            try await yard.gone(first)
            let second = try await yard.ready(1)[0]
            #expect(second != first)
        }
    }

    @Test func anOldProcessWorksOffBesideItsReplacement() async throws {
        let time = ManualTime()
        var definition = WorkerDefinition.python()
        definition.ping = .seconds(3600)
        try await PoolYard.run([definition], time: time) { yard in
            let old = try await yard.ready(1)[0]
            yard.call(old, "hold")
            await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(1800))
            try await yard.history.wait(for: "the replacement") { $0.registered.count == 2 }
            try await yard.history.wait(for: "the farewell") { $0.registered[old]?.isRetired == true }
            #expect(yard.history.value.registered[old]?.calls == 1)
            #expect(try yard.view().running.first { $0.pid == old }?.state == .retiring)
            yard.call(old, "release")
            try await yard.gone(old)
            #expect(yard.history.value.fewestLeft == ["yard": 1] && yard.pools.problem(of: "yard") == nil)
        }
    }

    @Test func anIdleProcessGoesWhenItIsOneTooMany() async throws {
        let time = ManualTime()
        var definition = WorkerDefinition.python()
        definition.warm = 0
        definition.ping = .seconds(3600)
        try await PoolYard.run([definition], time: time) { yard in
            #expect(yard.pools.views.map(\.running.count) == [0])
            yard.pools.demand(pool: "yard", waiting: 1)
            let pid = try await yard.ready(1)[0]
            await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(300))
            try await yard.gone(pid)
            #expect(yard.history.value.pids == [pid])
        }
    }

    @Test func aProgramThatCannotServeIsTriedAgainAfterAPauseAndSaysWhy() async throws {
        let time = ManualTime()
        try await PoolYard.run(
            [
                .started("exits", ["sh", "-c", "exit 127"]), .started("missing", ["/nowhere/worker"]),
                .python("shy", mode: "shy"),
            ], time: time
        ) { yard in
            try await eventually("both have failed") {
                yard.pools.problem(of: "exits") == "exited 127 before registering"
                    && yard.pools.problem(of: "missing")?.hasPrefix("cannot be started: spawn /nowhere/worker") == true
            }
            // The clock stands, so nothing is tried again.
            try await yard.history.wait(for: "the one that waits, and two tries of the other") { $0.pids.count == 3 }
            #expect(yard.history.value.pids.count == 3)
            let shy = try yard.view("shy").running[0].pid
            try await eventually("the third try, and the end of the one that waits") {
                time.advance(by: .milliseconds(100))
                return yard.history.value.pids.count > 3 && kill(shy, 0) != 0 && yard.pools.problem(of: "shy") != nil
            }
            #expect(yard.pools.problem(of: "shy") == "did not register within 10.0 seconds")
        }
    }

    @Test func aPoolIsResizedAtOnce() async throws {
        var definition = WorkerDefinition.python()
        definition.processes = 4
        definition.warm = 4
        try await PoolYard.run([definition]) { yard in
            let four = try await yard.ready(4)
            yard.call(four[0], "hold")
            try yard.pools.resize("yard", processes: 1)
            for pid in four.dropFirst() { try await yard.gone(pid) }
            #expect(yard.history.value.ready("yard") == [four[0]])
            try yard.pools.resize("yard", processes: 3)
            #expect(try await yard.ready(3).contains(four[0]))
            #expect(throws: WorkerPoolError.badSize(65)) { try yard.pools.resize("yard", processes: 65) }
            #expect(throws: WorkerPoolError.unknownPool("yart", known: ["yard"])) {
                try yard.pools.resize("yart", processes: 1)
            }
        }
    }

    @Test func aReloadTouchesWhatHasChangedAndNothingElse() async throws {
        var changing = WorkerDefinition.python("changing")
        changing.warm = 2
        try await PoolYard.run([.python("same"), changing, .python("going")]) { yard in
            let same = try await yard.ready(1, "same")
            let before = try await yard.ready(2, "changing")
            let going = try await yard.ready(1, "going")[0]
            yard.call(going, "hold")
            yard.call(before[0], "hold")
            changing.process.environment["MODE"] = "new"
            yard.pools.apply([.python("same"), changing, .python("coming")])
            try await yard.history.wait(within: .seconds(20), for: "two others") {
                $0.ready("changing").count == 2 && Set($0.ready("changing")).isDisjoint(with: before)
            }
            try await yard.ready(1, "coming")
            try await yard.gone(before[1])
            #expect(yard.history.value.ready("same") == same)
            #expect(yard.history.value.fewestLeft["changing"] == 2)
            #expect(yard.history.value.registered[going]?.isRetired == true)
            #expect(try yard.view("going").running.map(\.state) == [.retiring])
            yard.call(before[0], "release")
            yard.call(going, "release")
            try await yard.gone(going)
            try await yard.gone(before[0])
            try await eventually("the pool is forgotten") {
                yard.pools.views.map(\.name) == ["changing", "coming", "same"]
            }
        }
    }

    @Test func whoHeedsNothingIsKilledWithItsChildren() async throws {
        let time = ManualTime()
        let children = Watched<[Int32]>([])
        try await PoolYard.run([.python(mode: "stubborn")], time: time) { yard in
            let pid = try await yard.ready(1)[0]
            let list = try Files.readText("/proc/\(pid)/task/\(pid)/children")
            children.update { $0 = list.split(separator: " ").compactMap { Int32($0) } }
        }
        #expect(children.value.count == 1)
        for child in children.value {
            try await eventually("child \(child) is gone") {
                guard let stat = try? Files.readText("/proc/\(child)/stat") else { return true }
                return stat.contains(") Z ")
            }
        }
    }

    @Test func twoHundredRandomKillsLeaveAFullPoolAndNothingElse() async throws {
        let descriptors = try Files.list("/proc/self/fd").count
        var definition = WorkerDefinition.python()
        definition.processes = 4
        definition.warm = 4
        try await PoolYard.run([definition], callsAtOnce: true) { yard in
            var generator = SeededGenerator(seed: 200)
            var killed: Set<Int32> = []
            while killed.count < 200 {
                // Those that serve, while they work or others are being replaced; and some that have yet to register.
                let (known, anybody) = (killed, killed.count % 10 == 9)
                @Sendable func candidates(_ history: PoolYard.History) -> [Int32] {
                    (anybody ? history.pids : history.ready("yard")).filter { !known.contains($0) }
                }
                let there = try await yard.history.wait(within: .seconds(40), for: "a process to kill") {
                    !candidates($0).isEmpty
                }
                let victim = candidates(there).randomElement(using: &generator)!
                kill(victim, SIGKILL)
                killed.insert(victim)
            }
            try await yard.ready(4, within: .seconds(60))
            #expect(try yard.view().running.count == 4)
        }
        try await eventually("the descriptors are closed") {
            try Files.list("/proc/self/fd").count <= descriptors
        }
    }
}
