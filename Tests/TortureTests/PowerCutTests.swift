import Glibc
import TestSupport
import Testing

/// The power goes at a sync: what was not synced is not on the disk, or some of it is. What was acknowledged in the class
/// `disk` is.
@Suite(
    .serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"),
    .enabled(if: Binary.exist("libPowerCut.so"), "libPowerCut.so is not built"))
struct PowerCutTests {
    /// Of the blocks that were written and not synced, how many of a hundred the disk has all the same.
    private static let luck = [0, 50, 90]
    private static let block = 512

    /// What was seen of one service.
    private struct Seen {
        var cuts = 0
        var acknowledged = 0
        var looseLost = 0
        var wrong: [String] = []
    }

    @Test func whatWasAcknowledgedOnDiskIsThereWhereverThePowerWasCut() async throws {
        var section = TortureSection(
            "power", "Power cut at each sync",
            [
                "service", "points#", "cuts#", "acknowledged on disk#", "lost#", "doubled or invented#",
                "of class `crash` lost#", "starts refused#",
            ])
        for subject in Subject.keeping {
            var seen = Seen()
            var points = 0
            var (lost, strange, refused) = (0, 0, 0)
            var random = SeededGenerator(seed: Torture.seed)
            // The whole goes on until a life has fewer syncs; a look takes some from afar.
            let step = Torture.share == 100 ? 1 : Torture.share == 0 ? 13 : max(1, 100 / Torture.share)
            var point = 1 + Int.random(in: 0..<step, using: &random)
            while true {
                var wasCut = false
                for luck in Torture.share == 0 ? [Self.luck[points % 3]] : Self.luck {
                    let outcome = try await life(subject, cutAt: point, luck, &random)
                    wasCut = wasCut || outcome.wasCut
                    guard outcome.wasCut else { continue }
                    seen.cuts += 1
                    seen.acknowledged += outcome.reckoning.acknowledged
                    seen.looseLost += outcome.looseLost
                    lost += outcome.reckoning.lost.count
                    strange += outcome.reckoning.doubled.count + outcome.reckoning.invented.count
                    if outcome.refusedStart { refused += 1 }
                    if !outcome.reckoning.isRight {
                        seen.wrong.append("sync \(point), \(luck) of 100: \(outcome.reckoning)")
                    }
                }
                guard wasCut else { break }
                points += 1
                point += step
                if Torture.share == 0, points == 4 { break }
            }
            #expect(seen.wrong.isEmpty, "\(subject.name), seed \(Torture.seed): \(seen.wrong.joined(separator: "; "))")
            #expect(seen.cuts > 0 && refused == 0)
            section.row(
                subject.name, "\(points)", "\(seen.cuts)", "\(seen.acknowledged)", "\(lost)", "\(strange)",
                subject.name == "runner" ? "\(seen.looseLost)" : "", "\(refused)")
        }
        section.remark(
            """
            A life is a first start, changes by four callers at once, and an orderly end; the power goes before its n-th `fsync` \
            or `fdatasync`, n = 1, 2, 3, … until a life has no more. The disk has of each file what it held when it was last \
            synced, and the names that were there when the folder was; of the other blocks of \(Self.block) bytes, each by itself, \
            0, 50 or 90 of a hundred. Then the service starts on that disk: the changes are counted, SQLite checks the file, \
            and one more change has to go through. Of the runner's jobs every fifth stands in a queue of the class `crash`, which \
            may lose them in a power cut. A shim between program and C library (`Tests/PowerCut`) plays the disk; no real \
            disk lost its power.
            """)
        try section.write()
    }

    private struct Outcome {
        var wasCut = false
        var refusedStart = false
        var looseLost = 0
        var reckoning: Reckoning
    }

    private func life(
        _ subject: Subject, cutAt point: Int, _ luck: Int, _ random: inout SeededGenerator
    ) async throws -> Outcome {
        let service = try subject.service()
        let (data, disk) = ("\(service.state)/data", "\(service.state)/disk")
        mkdir(disk, 0o700)
        try service.launch(environment: [
            "LD_PRELOAD": Binary.path("libPowerCut.so"), "POWER_CUT_FOLDER": data, "POWER_CUT_DISK": disk,
            "POWER_CUT_PROGRAM": "millrace-\(subject.name)", "POWER_CUT_AT": "\(point)",
        ])
        var account = Writers.Account()
        do {
            try await service.answers()
            try await subject.prepare(service)
            let writers = Writers(subject, service, each: 8, first: 1, ballast: 40_000)
            account = try await writers.ended()
            service.signal(SIGTERM)
        } catch {
            // It ends where the power went; that anything else was in the way shows in how it ended.
        }
        let ending = try await service.ended()
        let wasCut = ending == .killed(signal: SIGKILL)
        guard wasCut || ending == .exited(0) else { throw TestFailure("it ended otherwise: \(ending as Any)") }

        let after = try subject.service()
        try await check(["cp", "-r", "\(service.state)/etc", after.state])
        try remains(of: data, disk, in: "\(after.state)/data", luck, &random)
        var refusedStart = false
        do {
            try await after.start()
        } catch {
            refusedStart = true
            print("power: \(subject.name), sync \(point), \(luck) of 100: \(error)")
            try await after.start()
        }
        let onDisk = account.acknowledged.filter(subject.isOnDisk)
        let loose = account.acknowledged.subtracting(onDisk)
        return try await after.use { after in
            try await subject.prepare(after)
            let more = subject.change(1_000_000)
            try await after.call(more.method, more.params, meta: more.meta)
            let reckoning = try await Reckoning(
                subject, after.database, acknowledged: onDisk, unsure: account.unsure.union(loose).union([1_000_000]))
            let there = Set(try await subject.changes(in: after.database))
            return Outcome(
                wasCut: wasCut, refusedStart: refusedStart, looseLost: loose.subtracting(there).count,
                reckoning: reckoning)
        }
    }

    /// Lays out what the disk has: of each name the synced bytes, and by chance some of the others.
    private func remains(
        of data: String, _ disk: String, in folder: String, _ luck: Int, _ random: inout SeededGenerator
    ) throws {
        for line in (text(of: "\(disk)/names") ?? "").split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            var bytes = contents(of: "\(disk)/\(words[0])") ?? []
            var status = stat()
            // What the file held in the end; not another that took its name since.
            if luck > 0, stat("\(data)/\(words[1])", &status) == 0, "\(status.st_ino)" == words[0],
                let last = contents(of: "\(data)/\(words[1])")
            {
                bytes = mixed(bytes, last, luck, &random)
            }
            try writeFile(bytes, to: "\(folder)/\(words[1])")
        }
    }

    private func mixed(_ old: [UInt8], _ new: [UInt8], _ luck: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = old
        for start in stride(from: 0, to: max(old.count, new.count), by: Self.block) {
            guard Int.random(in: 0..<100, using: &random) < luck else { continue }
            let end = min(start + Self.block, new.count)
            // Cut off since: that may have come to the disk too.
            guard start < end else {
                bytes.removeLast(max(0, bytes.count - max(start, new.count)))
                break
            }
            if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
            bytes.replaceSubrange(start..<end, with: new[start..<end])
        }
        return bytes
    }
}
