import Glibc
import TestSupport
import Testing

/// Pages of a database that are not what was written: noticed, named, refused, and brought back by one command.
@Suite(.serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"))
struct DamageTests {
    private static let page = 4096

    private enum Damage: String, CaseIterable {
        case zeros = "a page of zeros"
        case noise = "a page of noise"
        case bit = "a flipped bit"
        case cut = "the file cut off before a page"

        func apply(to file: [UInt8], page number: Int, _ random: inout SeededGenerator) -> [UInt8] {
            var bytes = file
            let place = number * page
            switch self {
            case .zeros: bytes.replaceSubrange(place..<place + page, with: [UInt8](repeating: 0, count: page))
            case .noise:
                let noise = (0..<page).map { _ in UInt8.random(in: 0...255, using: &random) }
                bytes.replaceSubrange(place..<place + page, with: noise)
            case .bit:
                bytes[place + Int.random(in: 0..<page, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case .cut: bytes.removeSubrange(place...)
            }
            return bytes
        }
    }

    private struct Seen {
        var tried = 0
        var noticed = 0
        var named = 0
        var refusedStart = 0
        var restored = 0
    }

    @Test func aDamagedPageIsNoticedNamedAndRefusedAndOneCommandBringsTheDatabaseBack() async throws {
        var section = TortureSection(
            "damage", "Damaged databases",
            [
                "service", "pages#", "damage", "tried#", "noticed by `millctl check`#", "file named#",
                "start refused#", "restored by `millctl restore`, nothing of the backup lost#",
            ])
        var random = SeededGenerator(seed: Torture.seed)
        for subject in Subject.keeping {
            let service = try subject.service()
            try await service.start()
            let backup = "\(service.state)/backup"
            try await service.use { service in
                try await subject.prepare(service)
                let account = try await Writers(subject, service, each: 50, first: 1, ballast: 1000).ended()
                #expect(account.acknowledged.count == 200)
                if subject.name == "runner" {
                    try await eventually("nothing runs", within: .seconds(60)) {
                        try await service.call("service.status")["figures"]["jobs_live"].int == 0
                    }
                }
                let made = try await service.millctl("backup", backup)
                #expect(made.succeeded, "\(made)")
            }
            let whole = try #require(contents(of: service.database))
            let pages = whole.count / Self.page
            // Of the list of pages that hold nothing the header knows the length.
            let unused = whole[36..<40].reduce(0) { $0 << 8 | Int($1) }
            for damage in Damage.allCases {
                var seen = Seen()
                let step = Torture.share == 0 ? max(1, pages / 2) : max(1, pages * 100 / (40 * Torture.share))
                for number in stride(from: damage == .cut ? 1 : 0, to: pages, by: step) {
                    let damaged = damage.apply(to: whole, page: number, &random)
                    try await suffer(subject, service, damaged, backup, &seen)
                }
                #expect(seen.noticed + unused >= seen.tried, "\(subject.name), \(damage.rawValue): \(seen)")
                #expect(
                    seen.named == seen.noticed && seen.restored == seen.tried, "\(subject.name), \(damage): \(seen)")
                section.row(
                    subject.name, "\(pages)", damage.rawValue, "\(seen.tried)", "\(seen.noticed)", "\(seen.named)",
                    "\(seen.refusedStart)", "\(seen.restored)")
            }
        }
        section.remark(
            """
            *Noticed*: `millctl check` ends with 65; *named*: it says in which file. Each page has a checksum and its number, so \
            that a flipped bit is noticed wherever it is but on a page that holds nothing. A service reads at its start what it \
            needs, so it is not at every damaged page that it refuses; what it meets later stops it.
            """)
        try section.write()
    }

    @Test(arguments: Subject.keeping)
    func aDatabaseThatIsTakenAwayIsMissedAndNotBegunAnew(subject: Subject) async throws {
        let service = try subject.service()
        try await service.start()
        let away = "\(service.state)/away"
        let account = try await service.use { service in
            try await subject.prepare(service)
            let writers = Writers(subject, service, writers: 2, first: 1)
            try await writers.reach(40)
            for suffix in ["", "-wal"] { #expect(rename(service.database + suffix, away + suffix) == 0) }
            if subject.name == "categorizer" {
                // It goes on with what it has in memory, and refuses what it could not keep.
                try await writers.account.wait(within: .seconds(60), for: "refusals") { !$0.refused.isEmpty }
                _ = try await writers.stop()
                try await service.stop()
            } else {
                #expect(try await service.ended() == .exited(74))
                #expect(service.log.contains("put it back"), "\(service.log)")
            }
            return try await writers.ended()
        }
        try service.launch()
        #expect(try await service.ended() == .exited(73))
        #expect(service.log.contains("\(subject.name).sqlite is not there, but it was"), "\(service.log)")
        for suffix in ["", "-wal"] where contents(of: away + suffix) != nil {
            #expect(rename(away + suffix, service.database + suffix) == 0)
        }
        try await service.start()
        let reckoning = try await Reckoning(subject, service, account)
        #expect(reckoning.isRight && reckoning.acknowledged >= 40, "\(reckoning)")
        try await service.stop()
    }

    private func suffer(
        _ subject: Subject, _ service: LoneService, _ damaged: [UInt8], _ backup: String, _ seen: inout Seen
    ) async throws {
        seen.tried += 1
        for suffix in ["-wal", "-shm"] { unlink(service.database + suffix) }
        try writeFile(damaged, to: service.database)

        let verdict = try await service.millctl("check")
        if verdict.status == 65 {
            seen.noticed += 1
            if (verdict.output + verdict.errors).contains(subject.name) { seen.named += 1 }
        }
        try service.launch()
        do {
            try await service.answers()
            try await service.kill()
        } catch {
            seen.refusedStart += 1
            let ending = try await service.ended()
            #expect(ending?.status ?? 0 < 128, "\(subject.name) says no in an orderly way: \(ending as Any)")
            #expect(service.log.contains("\(subject.name).sqlite"), "and names the file: \(service.log)")
        }
        let restore = try await service.millctl("restore", backup)
        #expect(restore.succeeded, "\(restore)")
        let sound = try await service.millctl("check")
        #expect(sound.succeeded, "\(sound)")
        try await service.start()
        let reckoning = try await Reckoning(
            subject, service.database, acknowledged: Set(1...200), unsure: [])
        #expect(reckoning.isRight, "\(subject.name): \(reckoning)")
        if reckoning.isRight { seen.restored += 1 }
        try await service.stop()
        try await check(["sh", "-c", "rm -rf \"$0\"/before-restore-*", "\(service.state)/data"])
    }
}
