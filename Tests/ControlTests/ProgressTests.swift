import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Control

struct ProgressBarTests {
    private func line(_ job: JobView, _ terminal: Terminal = .plain(width: 200), message: String? = nil) -> String {
        ProgressBar(terminal: terminal).line(for: job, message: message, elapsed: .milliseconds(3200), beat: 0)
    }

    @Test func theLineSaysHowFarTheJobIs() {
        #expect(
            line(.example(succeeded: 7, failed: 1))
                == "⠋ job 17 ████████░░░░░░░░░░░░  40 % 8/20 1 failed processing 3.2 s")
    }

    @Test(arguments: [(0, 0), (1, 0), (4, 0), (5, 1), (9, 1), (10, 2), (50, 10), (99, 19), (100, 20)])
    func eachOfTwentyCellsIsFivePerCent(ended: Int, cells: Int) {
        let line = line(.example(total: 100, succeeded: ended))
        #expect(line.count { $0 == "█" } == cells)
        #expect(line.count { $0 == "░" } == 20 - cells)
        #expect(line.contains(" \(ended) % "))
    }

    @Test func itIsFullOnlyWhenEverythingHasEnded() {
        let almost = line(.example(total: 8013, succeeded: 8012))
        #expect(almost.contains("99 %"))
        #expect(almost.count { $0 == "█" } == 19)
    }

    @Test func itIsGreenWhileAllGoesWellAndYellowOnceSomethingFailed() {
        let green = "\u{1B}[32m████", yellow = "\u{1B}[33m████"
        #expect(line(.example(succeeded: 10), .colourful).contains(green))
        #expect(line(.example(.succeeded, succeeded: 20), .colourful).contains(green))
        #expect(line(.example(succeeded: 9, failed: 1), .colourful).contains(yellow))
        #expect(line(.example(.partial, succeeded: 19, failed: 1), .colourful).contains(yellow))
        #expect(!line(.example(succeeded: 9, failed: 1), .colourful).contains("\u{1B}[32m"))
    }

    @Test func beforeThePlanThereAreNoCounts() {
        #expect(
            line(.example(phase: .planning, total: 0)) == "⠋ job 17 ░░░░░░░░░░░░░░░░░░░░ planning 3.2 s")
    }

    @Test func aTerminalWithoutUnicodeGetsASCII() {
        var terminal = Terminal.plain(width: 200)
        terminal.isUnicode = false
        #expect(
            line(.example(succeeded: 10), terminal) == "| job 17 ##########..........  50 % 10/20 processing 3.2 s")
    }

    @Test(arguments: 1...90) func itNeverIsWiderThanTheTerminal(width: Int) {
        let job = JobView.example(succeeded: 7, failed: 1, cancelled: 2)
        let line = line(job, .plain(width: width), message: "日本 worker started")
        #expect(DisplayText.width(line) <= width)
    }

    @Test func whatTheWorkloadSaysStandsAtTheEnd() {
        #expect(line(.example(), message: "reading\n4 pages").hasSuffix("3.2 s reading 4 pages"))
    }

    @Test func theSpinnerTurnsWithTheBeat() {
        let marks = (0..<12).map { beat in
            ProgressBar(terminal: .plain(width: 80)).line(for: .example(), elapsed: .zero, beat: beat).first!
        }
        #expect(Set(marks).count == 10)
        #expect(marks[0] == marks[10])
    }
}

struct ProgressLinesTests {
    @Test func ofTheItemsEveryThirdAndTheLastAreSaid() {
        var lines = ProgressLines()
        let said = (0...20).compactMap { lines.line(for: .example(succeeded: $0)) }
        #expect(
            said.map { $0.split(separator: " ")[3] } == [
                "0/20", "3/20", "6/20", "9/20", "12/20", "15/20", "18/20", "20/20",
            ])
    }

    @Test func itemsThatEndTogetherAreOneLine() {
        var lines = ProgressLines()
        #expect(lines.line(for: .example(succeeded: 0)) == "job 17 processing 0/20 items")
        #expect(lines.line(for: .example(succeeded: 7, failed: 1)) == "job 17 processing 8/20 items, 1 failed")
        #expect(lines.line(for: .example(succeeded: 9, failed: 1)) == nil)
        #expect(lines.line(for: .example(succeeded: 10, failed: 1)) == "job 17 processing 11/20 items, 1 failed")
    }

    @Test func everyChangeOfStageIsSaidAtOnceAndOnce() {
        var lines = ProgressLines()
        let ready = JobView.example(.ready, total: 0)
        #expect(lines.line(for: ready) == "job 17 ready")
        #expect(lines.line(for: ready) == nil)
        #expect(lines.line(for: .example(phase: .planning, total: 0)) == "job 17 planning")
        #expect(lines.line(for: .example()) == "job 17 processing 0/20 items")
        #expect(lines.line(for: .example(succeeded: 1)) == nil)
        #expect(lines.line(for: .example(phase: .summarizing, succeeded: 20)) == "job 17 summarizing 20/20 items")
        #expect(lines.line(for: .example(.succeeded, succeeded: 20)) == "job 17 succeeded 20/20 items")
    }

    @Test func theSameMessageIsSaidOnce() {
        var lines = ProgressLines()
        #expect(lines.line(for: .example(), message: "page 1") == "job 17 processing 0/20 items: page 1")
        #expect(lines.line(for: .example(), message: "page 1") == nil)
        #expect(lines.line(for: .example(), message: nil) == nil)
        #expect(lines.line(for: .example(), message: "page 2") != nil)
    }
}

struct JobDisplayTests {
    private func shown(interactive: Bool, _ body: (JobDisplay) -> Void) throws -> String {
        let pipe = try Pipe()
        let terminal = Terminal(isInteractive: interactive, colour: false, width: 100, isUnicode: true)
        body(JobDisplay(terminal: terminal, output: pipe.writer.raw, time: ManualTime()))
        pipe.writer.close()
        return String(decoding: try pipe.reader.readToEnd(), as: UTF8.self)
    }

    @Test func onATerminalTheLineIsRedrawnAndStaysAtTheEnd() throws {
        let text = try shown(interactive: true) { display in
            display.show(JobProgress(job: .example(succeeded: 5)))
            display.turn()
            display.finish(.example(.succeeded, succeeded: 20))
            display.turn()
            display.show(JobProgress(job: .example(succeeded: 5)))
        }
        let drawn = text.split(separator: "\r", omittingEmptySubsequences: true)
        #expect(drawn.count == 3)
        #expect(drawn.allSatisfy { $0.hasSuffix("\u{1B}[K") || $0.hasSuffix("\u{1B}[K\n") })
        #expect(drawn[2].contains("████████████████████ 100 % 20/20 succeeded"))
        #expect(text.hasSuffix("\n"))
    }

    @Test func inAPipeThereAreLinesWithoutControlCharacters() throws {
        let text = try shown(interactive: false) { display in
            display.show(JobProgress(job: .example(succeeded: 0)))
            display.turn()
            display.show(JobProgress(job: .example(succeeded: 4)))
            display.finish(.example(.succeeded, succeeded: 20))
        }
        #expect(text == "job 17 processing 0/20 items\njob 17 processing 4/20 items\n")
    }

    @Test func whatIsSaidInBetweenStandsOnItsOwnLine() throws {
        let text = try shown(interactive: true) { display in
            display.show(JobProgress(job: .example()))
            display.say("runner is away")
            display.finish(nil)
        }
        #expect(text.contains("\r\u{1B}[Krunner is away\n\r⠋"))
        #expect(text.hasSuffix("\r\u{1B}[K"))
    }
}
