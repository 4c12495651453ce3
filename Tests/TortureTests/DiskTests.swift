import Glibc
import TestSupport
import Testing

/// A disk that is full, read-only, slow, or fails to sync.
@Suite(.serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"))
struct DiskTests {
    private static let columns = ["what", "service", "acknowledged#", "lost#", "doubled or invented#", "what was seen"]

    private func row(
        _ section: inout TortureSection, _ what: String, _ subject: Subject, _ reckoning: Reckoning, _ seen: String
    ) {
        #expect(reckoning.isRight, "\(what), \(subject.name): \(reckoning)")
        section.row(
            what, subject.name, "\(reckoning.acknowledged)", "\(reckoning.lost.count)",
            "\(reckoning.doubled.count + reckoning.invented.count)", seen)
    }

    @Test(.enabled(if: SmallDisk.hindrance == nil, "no small disk: \(SmallDisk.hindrance ?? "")"))
    func aFullDiskRefusesByNameLosesNothingAndWhenThereIsRoomWorkGoesOnByItself() async throws {
        var section = TortureSection("disk-full", "Disk full, and read-only", Self.columns)
        for subject in Subject.keeping {
            let disk = try SmallDisk(megabytes: 16)
            let service = try subject.service(state: disk.path)
            try await service.start()
            let reckoning = try await service.use { service in
                try await subject.prepare(service)
                let writers = Writers(subject, service, writers: 2, first: 1, ballast: 2000, pause: 1000)
                var refusals: Set<String> = []
                var worst = Duration.zero
                let times = Torture.some(10, look: 1)
                for _ in 0..<times {
                    try await writers.reach(writers.account.value.acknowledged.count + 20)
                    let before = writers.account.value.refused.values.reduce(0, +)
                    try disk.fill()
                    let full = try await writers.account.wait(within: .seconds(60), for: "a refusal") {
                        $0.refused.values.reduce(0, +) >= before + 5 || $0.left < 2
                    }
                    #expect(full.left == 2, "nobody is hung up on")
                    refusals.formUnion(full.refused.keys)
                    // A small change may go through between two refusals; then all is well for that moment.
                    try await eventually("the status says so", within: .seconds(60)) {
                        "\(try await service.call("service.status")["checks"])".contains("fail")
                    }
                    disk.free()
                    let begun = ContinuousClock.now
                    let count = full.acknowledged.count
                    try await writers.account.wait(within: .seconds(60), for: "changes again") {
                        $0.acknowledged.count > count
                    }
                    worst = max(worst, ContinuousClock.now - begun)
                    try await eventually("all is well again", within: .seconds(60)) {
                        !"\(try await service.call("service.status")["checks"])".contains("fail")
                    }
                }
                let account = try await writers.stop()
                #expect(refusals == ["store.full"], "\(subject.name): \(refusals)")
                let reckoning = try await Reckoning(subject, service, account)
                row(
                    &section, "full and back, \(times) times", subject, reckoning,
                    """
                    refused as \(refusals.sorted().joined(separator: ", ")); \(milliseconds(worst)) from room to the next \
                    answer at most
                    """
                )
                return reckoning
            }
            #expect(reckoning.acknowledged >= 20)
            try await readOnly(subject, service, disk, &section)
        }
        try section.write()
    }

    /// A file system that is read-only from the start on; what is there is not touched.
    private func readOnly(
        _ subject: Subject, _ service: LoneService, _ disk: SmallDisk, _ section: inout TortureSection
    ) async throws {
        let before = Set(try await subject.changes(in: service.database))
        try disk.setReadOnly(true)
        try service.launch()
        let ending = try await service.ended()
        #expect(ending == .exited(73), "\(subject.name): \(ending as Any)")
        let said = service.log.split(separator: "\n").last.map(String.init) ?? ""
        #expect(said.lowercased().contains("read-only"), "\(subject.name) says why: \(service.log)")
        try disk.setReadOnly(false)
        try await service.start()
        try await service.use { service in
            let reckoning = try await Reckoning(subject, service.database, acknowledged: before, unsure: [])
            row(
                &section, "read-only at the start", subject, reckoning,
                "does not start, \(ending.map { "\($0)" } ?? ""), and says why; starts when it may be written to")
        }
    }

    @Test(.enabled(if: Tracer.isAllowed, "strace is not there or may not look into other processes"))
    func aFailedWriteIsRefusedAndAFailedSyncEndsTheProcessWithoutAnAnswer() async throws {
        var section = TortureSection("disk-errors", "Writes and syncs that fail", Self.columns)
        for subject in Subject.keeping {
            try await becomesReadOnly(subject, &section)
            try await syncsFail(subject, &section)
        }
        section.remark(
            """
            Injected with strace into the running service. Only the syncs of files fail: SQLite passes over a failed sync of \
            a folder.
            """)
        try section.write()
    }

    /// As a file system does that the kernel has made read-only for an error of its disk.
    private func becomesReadOnly(_ subject: Subject, _ section: inout TortureSection) async throws {
        let service = try subject.service()
        try await service.start()
        try await service.use { service in
            try await subject.prepare(service)
            try await subject.hold(service)
            let writers = Writers(subject, service, writers: 2, first: 1, pause: 1000)
            try await writers.reach(20)
            let tracer = try await Tracer(
                service.pid, options: ["-e", "trace=pwrite64,ftruncate", "-e", "inject=pwrite64,ftruncate:error=EROFS"])
            let broken = try await writers.account.wait(within: .seconds(60), for: "refusals") {
                $0.refused.values.reduce(0, +) >= 5 || $0.left < 2
            }
            #expect(broken.left == 2, "\(subject.name): nobody is hung up on")
            _ = try await tracer.end()
            let count = writers.account.value.acknowledged.count
            try await writers.reach(count + 10)
            let account = try await writers.stop()
            #expect(account.acknowledged.count >= count + 10)
            // A breaker opens where changes fail again and again.
            let reasons = Set(account.refused.keys)
            #expect(reasons.contains("store.failed") && reasons.isSubset(of: ["store.failed", "breaker.open"]))
            let reckoning = try await Reckoning(subject, service, account)
            row(
                &section, "read-only while it runs", subject, reckoning,
                "refused as \(account.refused.keys.sorted().joined(separator: ", ")); goes on when it may be written to"
            )
        }
    }

    /// The n-th sync fails, n = 1, 2, 3, …
    private func syncsFail(_ subject: Subject, _ section: inout TortureSection) async throws {
        let service = try subject.service()
        var (acknowledged, unsure): (Set<Int>, Set<Int>) = ([], [])
        let times = Torture.some(30, look: 2)
        for time in 1...times {
            try await service.start()
            if time == 1 {
                try await subject.prepare(service)
                try await subject.hold(service)
            }
            let tracer = try await Tracer(
                service.pid,
                options: [
                    "-P", service.database, "-P", service.database + "-wal", "-e", "trace=fdatasync", "-e",
                    "inject=fdatasync:error=EIO:when=\(time)",
                ])
            let writers = Writers(subject, service, writers: 4, each: 200, first: time * 10_000)
            let account = try await writers.ended()
            acknowledged.formUnion(account.acknowledged)
            unsure.formUnion(account.unsure)
            let ending = try await service.ended()
            // By its own will: another crash aborts too, and does not say this. Another thread may have had a last word.
            let isSo = service.log.split(separator: "\n").suffix(9).contains {
                $0.hasPrefix("fsync failed, what is on disk is unknown, aborting")
            }
            #expect(
                isSo && ending == .killed(signal: SIGABRT),
                "\(subject.name): \(ending as Any), \(service.log.suffix(2000))")
            _ = try await tracer.end()
        }
        try await service.start()
        try await service.use { service in
            let reckoning = try await Reckoning(
                subject, service.database, acknowledged: acknowledged, unsure: unsure)
            row(
                &section, "the n-th sync fails, n to \(times)", subject, reckoning,
                "the process aborted \(times) times and said why; what it had not answered may be there")
        }
    }

    @Test(.enabled(if: Tracer.isAllowed, "strace is not there or may not look into other processes"))
    func onASlowDiskChangesWaitAndNobodyElseDoes() async throws {
        var section = TortureSection("disk-slow", "Slow disk", Self.columns)
        let delay = Torture.share == 0 ? 200 : 500
        for subject in Subject.keeping {
            let service = try subject.service()
            try await service.start()
            try await service.use { service in
                try await subject.prepare(service)
                try await subject.hold(service)
                let tracer = try await Tracer(
                    service.pid,
                    options: ["-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=\(delay * 1000)"])
                let writers = Writers(subject, service, writers: 8, each: Torture.some(20, look: 3), first: 1)
                var longest = Duration.zero
                var pings = 0
                while writers.account.value.left > 0 {
                    let begun = ContinuousClock.now
                    try await service.call("service.ping")
                    longest = max(longest, ContinuousClock.now - begun)
                    pings += 1
                    _ = try? await writers.account.wait(within: .milliseconds(20), for: "the end") { $0.left == 0 }
                }
                let account = try await writers.ended()
                let syncs = try await tracer.end().count
                #expect(account.refused.isEmpty, "\(subject.name): \(account.refused)")
                #expect(account.longest >= .milliseconds(delay), "\(subject.name): no change waited for its sync")
                // Who waits for the syncs too gets one answer at the end of each.
                #expect(
                    syncs > 0 && pings >= 2 * syncs, "\(subject.name): \(pings) questions beside \(syncs) syncs")
                let reckoning = try await Reckoning(subject, service, account)
                row(
                    &section, "each sync takes \(delay) ms more", subject, reckoning,
                    """
                    a change took \(milliseconds(account.longest)) at most; \(pings) questions beside the \
                    \(syncs) syncs \(milliseconds(longest)) at most
                    """
                )
            }
        }
        try section.write()
    }
}
