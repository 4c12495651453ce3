import Glibc
import Linux
import TestSupport
import Testing

@Suite(.heavy) struct ChildUsageTests {
    @Test func theTimeAChildComputedIsKnown() async throws {
        let child = try ChildProcess(["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"])
        _ = try await within(.seconds(60)) { try await child.wait() }
        let usage = try #require(child.ending?.usage)
        #expect(usage.cpuTime > .milliseconds(10))
        #expect(usage.userTime + usage.systemTime == usage.cpuTime)
        let idle = try ChildProcess(["true"])
        _ = try await within { try await idle.wait() }
        #expect(try #require(idle.ending?.usage).cpuTime < usage.cpuTime)
    }

    @Test(.enabled(if: !Sanitizer.isAddress, "with the address sanitizer this process is larger than a block may be"))
    func thePeakIsTheChildsAndNotOurs() async throws {
        // More than this process ever had.
        var own = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &own)
        let wanted = Int(own.ru_maxrss) * 1024 + (64 << 20)
        // dd holds one block in memory.
        let large = try ChildProcess([
            "dd", "if=/dev/zero", "of=/dev/null", "bs=\(wanted)", "count=1", "status=none",
        ])
        #expect(try await within(.seconds(60)) { try await large.wait() } == .exited(0))
        let peak = try #require(large.ending?.usage.peakBytes)
        #expect(peak >= wanted && peak < wanted + (64 << 20))

        // The kernel says of this one what it says of us.
        let small = try ChildProcess(["true"])
        _ = try await within { try await small.wait() }
        #expect(small.ending?.usage.peakBytes == nil)
    }

    @Test func aKeptZombieHoldsItsPidUntilItIsReleased() async throws {
        var launch = ChildLaunch(["sh", "-c", "exit 3"])
        launch.keepsZombie = true
        let child = try ChildProcess(launch)
        #expect(try await within { try await child.wait() } == .exited(3))
        #expect(kill(child.pid, 0) == 0)
        #expect(!child.signal(SIGKILL))
        child.release()
        #expect(kill(child.pid, 0) == -1 && errno == ESRCH)
        child.release()
        #expect(child.exitStatus == .exited(3))
    }

    @Test func aChildThatEndsWithItsParentOutlivesTheThreadThatAskedForIt() async throws {
        var launch = ChildLaunch(["sleep", "1000"])
        launch.parentDeathSignal = SIGTERM
        let kept = launch
        let started = Watched<ChildProcess?>(nil)
        let thread = try WorkerThread("asking") {
            let child = try? ChildProcess(kept)
            started.update { $0 = child }
        }
        thread.join()
        let child = try #require(started.value)
        let status = try Files.readText("/proc/\(child.pid)/stat")
        #expect(!status.contains(" Z "))
        #expect(child.exitStatus == nil)
        child.signal(SIGKILL)
        #expect(try await within { try await child.wait() } == .signalled(SIGKILL))
    }

    @Test func startingIsPossibleWithoutBlocking() async throws {
        let ended = Watched<[Linux.ExitStatus]>([])
        for code in 0..<20 as Range<Int32> {
            ChildProcess.start(ChildLaunch(["sh", "-c", "exit \(code)"])) { result in
                do throws(SystemError) {
                    let child = try result.get()
                    child.whenEnded { outcome in
                        withExtendedLifetime(child) {}
                        if case .success(let ending) = outcome { ended.update { $0.append(ending.status) } }
                    }
                } catch {}
            }
        }
        let statuses = try await ended.wait(for: "all to end") { $0.count == 20 }
        #expect(Set(statuses) == Set((0..<20).map { Linux.ExitStatus.exited($0) }))
    }

    @Test func aThousandChildrenLeaveNoDescriptorThreadOrZombie() async throws {
        _ = try await within { try await ChildProcess(["true"]).wait() }
        let before = try (descriptors(), threads())
        for _ in 0..<20 {
            let children = try (0..<50).map { _ in try ChildProcess(["true"]) }
            #expect(try threads() <= before.1 + 3)
            for child in children { #expect(try await within { try await child.wait() } == .exited(0)) }
            for child in children { #expect(kill(child.pid, 0) == -1) }
        }
        // What other tests have open at the same time is theirs.
        try await eventually("the descriptors are closed") { try descriptors() <= before.0 + 20 }
        #expect(try threads() <= before.1 + 3)
    }

    @Test func failedStartsLeaveNothingBehind() async throws {
        let before = try descriptors()
        for _ in 0..<500 {
            #expect(throws: SystemError.self) { try ChildProcess(["/no/such/program"]) }
        }
        try await eventually("the descriptors are closed") { try descriptors() < before + 100 }
    }

    private func descriptors() throws -> Int { try Files.list("/proc/self/fd").count }
    private func threads() throws -> Int { try Files.list("/proc/self/task").count }
}
