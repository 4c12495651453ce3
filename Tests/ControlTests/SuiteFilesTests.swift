import Glibc
import Linux
import TestSupport
import Testing

@testable import Control

struct RotatingFileTests {
    @Test func aFullFileIsTurnedOverAndTheOldestGoes() throws {
        let folder = TemporaryDirectory()
        let path = folder.file("log")
        var file = try RotatingFile(path: path, limit: 20, kept: 2)
        for number in 1...9 { try file.write("line \(number)..") }
        #expect(text(of: path) == "line 9..\n")
        #expect(text(of: path + ".1") == "line 7..\nline 8..\n")
        #expect(text(of: path + ".2") == "line 5..\nline 6..\n")
        #expect(text(of: path + ".3") == nil)
    }

    @Test func aLineLongerThanTheBoundHasAFileOfItsOwn() throws {
        let folder = TemporaryDirectory()
        let path = folder.file("log")
        var file = try RotatingFile(path: path, limit: 10, kept: 1)
        try file.write("short")
        try file.write("much longer than the bound")
        #expect(text(of: path) == "much longer than the bound\n")
        #expect(text(of: path + ".1") == "short\n")
    }

    @Test func whatIsThereAlreadyCounts() throws {
        let folder = TemporaryDirectory()
        let path = folder.write("0123456789\n", to: "log")
        var file = try RotatingFile(path: path, limit: 15, kept: 1)
        try file.write("abcdef")
        #expect(text(of: path + ".1") == "0123456789\n")
        #expect(text(of: path) == "abcdef\n")
    }
}

struct LogReaderTests {
    private func read(_ path: String, last: Int? = nil, _ filter: LogFilter = LogFilter()) throws -> [String] {
        var lines: [String] = []
        try LogReader(path: path).read(last: last, where: { filter.matches($0) }) { lines.append($0) }
        return lines
    }

    @Test func theOlderFilesComeFirst() throws {
        let folder = TemporaryDirectory()
        let path = folder.write("5\n6\n", to: "log")
        _ = folder.write("1\n2\n", to: "log.2")
        _ = folder.write("3\n4\n", to: "log.1")
        #expect(try read(path) == ["1", "2", "3", "4", "5", "6"])
        #expect(try read(path, last: 3) == ["4", "5", "6"])
        #expect(try read(path, last: 0) == [])
    }

    @Test func theLastLinesAreThoseThatAreWanted() throws {
        let folder = TemporaryDirectory()
        let lines = (1...9).map { "2026-11-21T02:26:0\($0)Z info runner x job-id=\($0 % 3)" }
        let path = folder.write(lines.joined(separator: "\n") + "\n", to: "log")
        #expect(try read(path, last: 2, LogFilter(job: 1)) == [lines[3], lines[6]])
    }

    @Test func withoutALogThereIsNothingToRead() {
        #expect(throws: SystemError.self) { try read("/nowhere/log") }
    }
}

struct StateLockTests {
    @Test func onlyOneHoldsTheLockAndOthersLearnWho() throws {
        let path = TemporaryDirectory().path + ".pid"
        defer { unlink(path) }
        #expect(try StateLock.holder(path) == nil)
        do {
            let lock = try #require(try StateLock.take(path))
            #expect(try StateLock.take(path) == nil)
            #expect(try StateLock.holder(path) == getpid())
            withExtendedLifetime(lock) {}
        }
        #expect(try StateLock.holder(path) == nil)
        #expect(access(path, F_OK) != 0)
        #expect(try StateLock.take(path) != nil)
    }

    @Test func theFileOfADeadSuiteIsTakenOver() throws {
        let folder = TemporaryDirectory()
        let path = folder.write("99999999\n", to: "millctl.pid")
        #expect(try StateLock.holder(path) == nil)
        let lock = try #require(try StateLock.take(path))
        #expect(text(of: path) == "\(getpid())\n")
        withExtendedLifetime(lock) {}
    }
}

struct MergedLogTests {
    @Test func everyLineInTheFileHasTimeLevelAndName() throws {
        let folder = TemporaryDirectory()
        let path = folder.file("log")
        let time = ManualTime()
        let log = try MergedLog(path: path, echo: nil, names: ["runner"], time: time)
        let own = "2026-11-21T02:26:09.123Z info runner started job-id=1"
        log.line(own, from: "runner")
        log.line("Fatal error: gone", from: "runner")
        log.note("warning", "runner died")
        let lines = try #require(text(of: path)).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                own, "\(time.wall()) notice runner Fatal error: gone", "\(time.wall()) warning millctl runner died",
            ])
        #expect(lines.allSatisfy(LogLine.hasForm))
    }

    @Test func aLogThatCannotBeWrittenStopsNothing() throws {
        guard access("/dev/full", W_OK) == 0 else { return }
        let log = try MergedLog(path: "/dev/full", echo: nil, names: ["runner"], time: ManualTime())
        log.note("info", "one")
        log.note("info", "two")
    }
}

struct OutputFileTests {
    @Test func theFileIsThereWholeOrNotAtAll() throws {
        let folder = TemporaryDirectory()
        let path = folder.write("old", to: "orders.csv")
        do {
            let file = try OutputFile(path)
            try file.write(Array("half".utf8))
            #expect(text(of: path) == "old")
        }
        #expect(try Files.list(folder.path) == ["orders.csv"])
        let file = try OutputFile(path)
        try file.write(Array("new".utf8))
        try file.finish()
        #expect(text(of: path) == "new")
    }

    @Test func aFileThatCannotBeMadeIsSaid() {
        let failure = #expect(throws: Failure.self) { try OutputFile("/nowhere/orders.csv") }
        #expect(failure?.exit == .cannotCreate)
        #expect(failure?.message.contains("/nowhere/orders.csv") == true)
    }

    @Test func whatIsNoPlainFileIsWrittenTo() throws {
        let file = try OutputFile("/dev/null")
        try file.write([1, 2, 3])
        try file.finish()
        #expect(Files.kind("/dev/null") != .file)
    }
}
