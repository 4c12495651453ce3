import Testing

@testable import Control

struct TableTests {
    private func table() -> Table {
        var table = Table([
            .number("ID"), .text("Name", shrinksTo: 6), .text("Key", optional: true), .text("Cause", shrinksTo: 5),
        ])
        table.add([Table.Cell(7), "sync-task-order-logs", "", "started"])
        table.add([Table.Cell(1234), "brief", "", "the worker was lost"])
        return table
    }

    @Test func columnsAreAlignedAndNumbersStandOnTheRight() {
        #expect(
            table().lines(for: .pipe) == [
                "  ID  Name                  Cause",
                "   7  sync-task-order-logs  started",
                "1234  brief                 the worker was lost",
            ])
    }

    @Test func anOptionalColumnAppearsOnceACellIsFilled() {
        var table = table()
        table.add([Table.Cell(8), "x", "clinic", ""])
        #expect(table.lines(for: .pipe)[0] == "  ID  Name                  Key     Cause")
        #expect(table.lines(for: .pipe)[3] == "   8  x                     clinic")
    }

    @Test(arguments: [20, 25, 30, 35, 40, 45])
    func theTableFitsTheTerminalByShorteningWhatMayShrink(width: Int) {
        let lines = table().lines(for: .plain(width: width))
        #expect(lines.allSatisfy { DisplayText.width($0) <= width }, "\(lines)")
        #expect(lines[2].hasPrefix("1234  brief"), "numbers and short texts stay whole")
    }

    @Test func whatIsShortenedSaysSo() {
        #expect(
            table().lines(for: .plain(width: 30)) == [
                "  ID  Name         Cause",
                "   7  sync-task-…  started",
                "1234  brief        the worker…",
            ])
        var ascii = Terminal.plain(width: 30)
        ascii.isUnicode = false
        #expect(table().lines(for: ascii)[1] == "   7  sync-task-~  started")
    }

    @Test func noColumnShrinksBelowItsLeastWidth() {
        #expect(table().lines(for: .plain(width: 3))[1] == "   7  sync-…  star…")
    }

    @Test func whatIsLeastNeededGoesWhereEvenShorteningDoesNotHelp() {
        var table = Table([
            .number("ID"), .text("Queue", leaves: 1), .text("State"), .text("Submitted", leaves: 2),
        ])
        table.add([Table.Cell(7), "default", "succeeded", "2026-11-21"])
        #expect(table.lines(for: .plain(width: 34))[1] == " 7  default  succeeded  2026-11-21")
        #expect(table.lines(for: .plain(width: 33))[1] == " 7  succeeded  2026-11-21")
        #expect(table.lines(for: .plain(width: 20))[1] == " 7  succeeded")
        #expect(table.lines(for: .plain(width: 5))[1] == " 7  succeeded", "what is needed stays")
    }

    @Test func coloursTakeNoPlace() {
        var table = Table([.text("State"), .text("Next")])
        table.add([Table.Cell("failed", .bad), "x"])
        let line = table.lines(for: .colourful)[1]
        #expect(line == "\u{1B}[31mfailed\u{1B}[0m  x")
    }

    @Test func theDecimalPointsOfNumbersStandBelowEachOther() {
        var table = Table([.number("Hours"), .number("Took"), .text("X")])
        table.add(["8", "3.2 s", "a"])
        table.add(["-12.25", "1 m 05 s", "b"])
        table.add(["0.5", "", "c"])
        table.add(["", "320 ms", "d"])
        #expect(
            table.lines(for: .pipe) == [
                " Hours      Took  X", "  8        3.2 s  a", "-12.25  1 m 05 s  b", "  0.5             c",
                "          320 ms  d",
            ])
    }

    @Test func wideCharactersTakeTwoColumns() {
        var table = Table([.text("Name"), .text("X")])
        table.add(["日本", "1"])
        table.add(["abcd", "2"])
        #expect(table.lines(for: .pipe)[1] == "日本  1")
        #expect(table.lines(for: .pipe)[2] == "abcd  2")
    }

    @Test func aCellCannotSteerTheTerminal() {
        var table = Table([.text("Error")])
        table.add([Table.Cell("\u{1B}[2Jgone\nnext\u{9B}1m")])
        #expect(table.lines(for: .pipe)[1] == "\u{FFFD}[2Jgone next\u{FFFD}1m")
    }
}

struct DisplayTextTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("äöü", 3), ("e\u{301}", 1), ("日本語", 6), ("👍", 2), ("👩‍👩‍👧", 2), ("ｆ", 2), ("█░⠋✓…", 5),
    ])
    func theWidthIsInColumns(text: String, width: Int) {
        #expect(DisplayText.width(text) == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
    ])
    func shorteningKeepsWithinTheWidth(text: String, width: Int, expected: String) {
        #expect(DisplayText.shortened(text, to: width) == expected)
    }

    @Test func countsAgreeWithTheirNoun() {
        #expect(Counted.text(0, "item") == "0 items")
        #expect(Counted.text(1, "item") == "1 item")
        #expect(Counted.text(2, "item") == "2 items")
    }

    @Test func aUserWithoutANameKeepsTheNumber() {
        #expect(UserName.of(0) == "root")
        #expect(UserName.of(4_123_456_789) == "user 4123456789")
    }

    @Test func marksThatTurnTheWritingAreTakenOut() {
        #expect(DisplayText.harmless("a\u{202E}b\u{7F}c") == "a\u{FFFD}b\u{FFFD}c")
        #expect(DisplayText.harmless("müller 日本 👍") == "müller 日本 👍")
    }
}

struct ShortDurationTests {
    @Test(arguments: [
        (0, "0 ms"), (320, "320 ms"), (999, "999 ms"), (1000, "1.0 s"), (3299, "3.2 s"), (59_999, "59.9 s"),
        (60_000, "1 m 00 s"), (125_000, "2 m 05 s"), (3_780_000, "1 h 03 m"), (86_400_000, "1 d 0 h"),
        (187_200_000, "2 d 4 h"), (-5, "0 ms"),
    ])
    func aDurationIsSaidInTwoUnitsAtMost(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).short == text)
    }

    @Test(arguments: [
        ("500ms", 500), ("90", 90_000), ("90s", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("7d", 604_800_000),
        ("1h 30min", 5_400_000), ("5 s", 5000), ("1w", 604_800_000), ("1.5h", 5_400_000),
    ])
    func anOptionIsReadWithItsUnit(text: String, milliseconds: Int) {
        #expect(OptionValue.span(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "s", "-5s", "5ss", "99999999999999999999s", "101000d", "٣s"])
    func anythingElseIsNoTimeSpan(text: String) {
        #expect(OptionValue.span(text) == nil)
    }
}
