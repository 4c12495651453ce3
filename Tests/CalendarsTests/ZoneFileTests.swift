import Linux
import TestSupport
import Testing

@testable import Calendars

struct ZoneFileTests {
    static let folder = ZoneDatabase.system.folder

    /// The bytes of a file: two kinds, UTC+1 and UTC+2, with changes between them.
    static func file(version: UInt8 = 0x32, times: [Int64] = [0, 86_400], leaps: UInt32 = 0, footer: String = "")
        -> [UInt8]
    {
        func number(_ value: Int64, _ size: Int) -> [UInt8] {
            (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
        }
        func block(_ size: Int) -> [UInt8] {
            var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
            for count in [0, 0, Int64(leaps), Int64(times.count), 2, 8] { bytes += number(count, 4) }
            for time in times { bytes += number(time, size) }
            bytes += (0..<times.count).map { UInt8($0 % 2 == 0 ? 1 : 0) }
            bytes += number(3600, 4) + [0, 0] + number(7200, 4) + [1, 4]
            bytes += Array("AAA\0BBB\0".utf8)
            return bytes + [UInt8](repeating: 0, count: Int(leaps) * (size + 4))
        }
        return version == 0 ? block(4) : block(4) + block(8) + Array("\n\(footer)\n".utf8)
    }

    private func zone(_ bytes: [UInt8]) throws -> Zone { try ZoneFile(bytes).zone(named: "test") }

    @Test(arguments: [UInt8(0), 0x32, 0x33, 0x34])
    func allVersionsAreRead(version: UInt8) throws {
        let zone = try zone(Self.file(version: version))
        #expect(zone.kind(at: Instant(seconds: -1)).abbreviation == "AAA")
        #expect(zone.kind(at: Instant(seconds: 0)) == Zone.Kind(offset: 7200, isDaylight: true, abbreviation: "BBB"))
        #expect(zone.kind(at: Instant(seconds: 86_400)).offset == 3600)
    }

    @Test func theFooterGoesOnAfterTheLastChange() throws {
        let zone = try zone(Self.file(version: 0x33, footer: "AAA-1BBB,M3.5.0,M10.5.0/3"))
        #expect(zone.kind(at: at("2150-07-01T00:00:00Z")).abbreviation == "BBB")
        #expect(zone.kind(at: at("2199-12-31T00:00:00Z")).abbreviation == "AAA")
        #expect(zone.changes(after: at("2149-12-31T00:00:00Z"), count: 1).first?.instant == at("2150-03-29T01:00:00Z"))
    }

    @Test(arguments: [
        ("TZig", "it does not begin with “TZif”"), ("", "it is cut short"),
        ("version 5", "its version is not one of 1 to 4"),
        ("order", "its times do not ascend"), ("kind", "a change names a type that is not there"),
        ("offset", "an offset of 100000 seconds is no offset that clocks have"), ("name", "a type has no name"),
        ("footer", "its footer is missing"), ("more", "bytes follow after its end"),
        ("leaps", "it counts leap seconds, which the system's clock does not; use the zone without “right/”"),
    ])
    func oddFilesAreRefusedWithAReason(odd: String, reason: String) {
        var bytes = Self.file(version: 0)
        switch odd {
        case "TZig": bytes[3] = UInt8(ascii: "g")
        case "": bytes = []
        case "version 5": bytes[4] = 0x35
        case "order": bytes = Self.file(times: [5, 5])
        case "kind": bytes[52] = 2
        case "offset": bytes.replaceSubrange(54..<58, with: [0, 1, 0x86, 0xA0])
        case "name": bytes[59] = 200
        case "footer": bytes = Self.file(); bytes.removeLast(2)
        case "more": bytes.append(0)
        default: bytes = Self.file(leaps: 1)
        }
        let fault = #expect(throws: ZoneFile.Fault.self) { try ZoneFile(bytes) }
        #expect(fault?.reason == reason)
    }

    @Test(.enabled(if: Files.exists(folder + "/right/Europe/Berlin"), "right/ is not there"))
    func zonesThatCountLeapSecondsAreRefused() {
        let error = #expect(throws: ZoneError.self) { try ZoneDatabase.system.zone(named: "right/Europe/Berlin") }
        #expect(error?.description.hasSuffix("use the zone without “right/”") == true)
    }

    @Test(arguments: [
        "", "/etc/passwd", "../../etc/passwd", "Europe//Berlin", "Europe/", "Europe", "Berlin\0", "zone.tab", "Ünder",
    ])
    func namesThatLeadElsewhereAreUnknown(name: String) {
        #expect(throws: ZoneError.self) { try ZoneDatabase.system.zone(named: name) }
    }

    @Test func cutAndChangedFilesAreRefusedOrRead() throws {
        let files =
            [Self.file(version: 0), Self.file(footer: "AAA-1BBB,M3.5.0,M10.5.0/3")]
            + (["Europe/Berlin", "Africa/Casablanca"].compactMap { try? Files.read("\(Self.folder)/\($0)") })
        let runs = try CronExpression("*/20 * * * *")
        var random = SeededGenerator(seed: 4)
        for original in files {
            for length in 0..<min(original.count, 400) { _ = try? zone(Array(original.prefix(length))) }
            for _ in 0..<1500 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                guard let zone = try? zone(bytes) else { continue }
                HostileInputTests.exercise(runs.recurrence(in: zone, gap: .shift, overlap: .last))
            }
        }
    }

    /// The C library's own reader tells the same changes for every name.
    @Test(.enabled(if: Files.exists("/usr/bin/zdump") && Files.exists(folder + "/UTC"), "zdump is not there"))
    func changesAreThoseThatZdumpTells() async throws {
        let zones = try ClockChangePropertyTests.zones()
        let output = try await check(
            ["/usr/bin/zdump", "-v", "-c", "1990,2037"] + zones.map(\.name), within: .seconds(300))
        var told: [Substring: [Int64]] = [:]
        var offsets: [Substring: Int] = [:]
        for line in output.split(separator: "\n") {
            // "Europe/Berlin  Sun Mar 31 01:00:00 2024 UT = Sun Mar 31 03:00:00 2024 CEST isdst=1 gmtoff=7200"
            let words = line.split(separator: " ")
            guard words.count >= 16, words[6] == "UT", let offset = Int(words[15].dropFirst(7)) else { continue }
            if let before = offsets[words[0]], before != offset {
                told[words[0], default: []].append(Self.seconds(words))
            }
            offsets[words[0]] = offset
        }
        #expect(told.count > 100)
        for zone in zones {
            let changes = zone.changes(after: at("1990-01-02T00:00:00Z"), through: at("2036-12-30T00:00:00Z"))
            let expected = (told[Substring(zone.name)] ?? []).filter { $0 > 631_238_400 && $0 <= 2_114_121_600 }
            #expect(changes.map { $0.instant.microseconds / 1_000_000 } == expected, "\(zone)")
        }
    }

    private static func seconds(_ words: [Substring]) -> Int64 {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = padded(months.firstIndex(of: String(words[2]))! + 1, to: 2)
        let text = "\(words[5])-\(month)-\(padded(Int(words[3])!, to: 2))T\(words[4])Z"
        return at(text).microseconds / 1_000_000
    }
}

struct ZoneRuleTests {
    @Test(arguments: [
        ("UTC0", "2026-07-01T00:00:00Z", 0), ("IST-5:30", "2026-07-01T00:00:00Z", 19_800),
        ("<-03>3", "2026-07-01T00:00:00Z", -10_800), ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T00:00:00Z", 7200),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0),
        ("EST5EDT", "2026-07-01T00:00:00Z", -14_400), ("XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14_400),
        ("XXX3EDT4,0/0,J365/23", "2026-12-31T23:59:59Z", -14_400),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600),
    ])
    func rulesTellTheOffset(rule: String, instant: String, offset: Int) throws {
        #expect(try ZoneDatabase.zone(rule: rule).kind(at: at(instant)).offset == offset)
    }

    @Test(arguments: [
        ("", 1), ("C1", 1), ("CET", 4), ("CET-25", 4), ("CET-1CEST,M13.1.1,M1.1.1", 11), ("CET-1CEST,M3.5.0", 17),
        ("CET-1CEST,M3.5.0,M10.5.0x", 25), ("<+03-3", 1), ("CET-1CEST,J366,J1", 11), ("CET-1CEST,M3.5.0/168,J1", 18),
    ])
    func faultyRulesPointAtTheCharacter(rule: String, column: Int) {
        let error = #expect(throws: ZoneError.self) { try ZoneDatabase.zone(rule: rule) }
        guard case .rule(let fault) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(fault.column == column)
    }
}
