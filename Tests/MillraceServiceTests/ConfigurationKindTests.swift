import Linux
import TestSupport
import Testing

@testable import MillraceService

@Suite struct ConfigurationKindTests {
    @Test(
        arguments: [
            ("30", 30_000), ("30s", 30_000), ("30 s", 30_000), ("5min", 300_000), ("5m", 300_000), ("250ms", 250),
            ("1h 30min", 5_400_000), ("1h30min", 5_400_000), ("2d", 172_800_000), ("1w", 604_800_000), ("0", 0),
            ("1.5", 1500), ("0.25s", 250), ("1.1s", 1100), (" 7 sec ", 7000), ("1 hour 1 minute 1 second", 3_661_000),
            ("1500us", 1), ("0.001", 1),
        ] as [(String, Int64)])
    func spansAreRead(text: String, milliseconds: Int64) {
        #expect(TimeSpan.parse(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", " ", "s", "min", "5 x", "-5", "+5", "5min 3", "3 5min", "1e3", "1.2.3s", "1.s", ".5s", "5,5", "five",
        "99999999999999999999", "300000000000w", "5 min s", "０", "5min,3s", "inf", "1.-5s",
    ])
    func whatIsNoSpanIsRefused(text: String) {
        #expect(TimeSpan.parse(text) == nil)
    }

    @Test func aSpanIsShownSoThatItReadsTheSame() {
        #expect(TimeSpan.text(.seconds(90)) == "1min 30s")
        #expect(TimeSpan.text(.zero) == "0s")
        #expect(TimeSpan.text(.milliseconds(250)) == "250ms")
        #expect(TimeSpan.text(.seconds(604_800 + 86_400 + 3600)) == "1w 1d 1h")
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let span = Duration.nanoseconds(
                Int64.random(in: 0...(Int64(1) << Int64.random(in: 0...60, using: &generator)), using: &generator))
            #expect(TimeSpan.parse(TimeSpan.text(span)) == span)
        }
    }

    @Test(arguments: [
        ("0", 0), ("1500", 1500), ("16M", 16 << 20), ("16MiB", 16 << 20), ("16MB", 16 << 20), ("64k", 64 << 10),
        ("1 G", 1 << 30), ("2T", 2 << 40), ("5B", 5),
    ])
    func sizesAreRead(text: String, bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
        #expect(ByteSize.parse(ByteSize.text(bytes)) == bytes)
    }

    @Test(arguments: ["", "M", "-1", "1.5M", "16X", "16Mi", "16MMB", "9999999T", "99999999999999999999"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test func boundsBelongToTheRange() {
        let integer = ConfigurationKind.integer(1...20)
        #expect(integer.parse("1") == 1 && integer.parse("20") == 20)
        #expect(integer.parse("0") == nil && integer.parse("21") == nil)
        let span = ConfigurationKind.span(0.25...3600)
        #expect(span.parse("250ms") == .milliseconds(250) && span.parse("1h") == .seconds(3600))
        #expect(span.parse("249ms") == nil && span.parse("3600.001") == nil)
        #expect(span.clamp("2h") == .seconds(3600) && span.clamp("0") == .milliseconds(250))
        let bytes = ConfigurationKind.bytes(1024...4096)
        #expect(bytes.parse("1K") == 1024 && bytes.parse("4097") == nil && bytes.clamp("1G") == 4096)
    }

    @Test func aListMayBeEmpty() {
        let list = ConfigurationKind<[String]>.list
        #expect(list.parse("") == [])
        #expect(list.parse(" a ,, b") == ["a", "b"])
        #expect(list.show(["a", "b"]) == "a,b")
    }
}
