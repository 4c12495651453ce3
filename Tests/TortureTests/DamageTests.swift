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
        var noticed: Set<Int> = []
        var named = 0
        var refusedStart: Set<Int> = []
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
            let free = Self.freePages(of: whole)
            for damage in Damage.allCases {
                var seen = Seen()
                let step = Torture.share == 0 ? max(1, pages / 2) : max(1, pages * 100 / (40 * Torture.share))
                let numbers = Array(stride(from: damage == .cut ? 1 : 0, to: pages, by: step))
                for number in numbers {
                    let damaged = damage.apply(to: whole, page: number, &random)
                    try await suffer(subject, service, damaged, page: number, backup, &seen)
                }
                // A file that is too short is never taken for whole; the pages of one that is not are in it or not read.
                let overlooked = Set(numbers).subtracting(seen.noticed)
                #expect(
                    overlooked.isSubset(of: damage == .cut ? [] : free), "\(subject.name), \(damage): \(overlooked)")
                let started = Set(damage == .cut ? numbers : [0]).subtracting(seen.refusedStart)
                #expect(started.isEmpty, "\(subject.name), \(damage), starts with pages \(started) damaged")
                #expect(
                    seen.named == seen.noticed.count && seen.restored == seen.tried,
                    "\(subject.name), \(damage): \(seen)")
                section.row(
                    subject.name, "\(pages)", damage.rawValue, "\(seen.tried)", "\(seen.noticed.count)",
                    "\(seen.named)", "\(seen.refusedStart.count)", "\(seen.restored)")
            }
        }
        section.remark(
            """
            *Noticed*: `millctl check` ends with 65; *named*: it says in which file. Each page has a checksum and its number, so \
            that a flipped bit is noticed wherever it is but on a page that holds nothing. A service reads at its start what it \
            needs, so it is not at every damaged page that it refuses; what it meets later stops it. It has to refuse a \
            damaged first page and a file that is too short, with exit 74 and the file's path in the log.
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

    /// The pages that hold nothing and that SQLite does not read: the leaves of the list that begins in the header.
    private static func freePages(of file: [UInt8]) -> Set<Int> {
        func number(at place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        var pages: Set<Int> = []
        var trunk = number(at: 32)
        while trunk != 0 {
            let begin = (trunk - 1) * page
            for leaf in 0..<number(at: begin + 4) { pages.insert(number(at: begin + 8 + 4 * leaf) - 1) }
            trunk = number(at: begin)
        }
        return pages
    }

    private func suffer(
        _ subject: Subject, _ service: LoneService, _ damaged: [UInt8], page number: Int, _ backup: String,
        _ seen: inout Seen
    ) async throws {
        seen.tried += 1
        for suffix in ["-wal", "-shm"] { unlink(service.database + suffix) }
        try writeFile(damaged, to: service.database)

        let verdict = try await service.millctl("check")
        if verdict.status == 65 {
            seen.noticed.insert(number)
            let lines = verdict.output.split(separator: "\n")
            if lines.contains(where: { $0.hasPrefix("\(subject.name) ") && !$0.hasSuffix("sound") }) { seen.named += 1 }
        }
        try service.launch()
        do {
            try await service.answers()
            try await service.kill()
        } catch {
            let ending = try await service.ended()
            #expect(ending == .exited(74), "\(subject.name) says no in an orderly way: \(ending as Any)")
            // Not the line of a start that goes well, which has the path too.
            let said = ["cannot start: ", "ending, the database is damaged: "].map { $0 + service.database }
            #expect(said.contains { service.log.contains($0) }, "and names the file: \(service.log)")
            seen.refusedStart.insert(number)
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
