import Glibc
import JSONCodec
import Linux
import Logging
import TestSupport
import Testing

@testable import MillraceService

@Suite struct LogTextTests {
    let text = LogText(name: "runner", isColoured: false)
    let time = Timestamp("2026-11-21T02:26:09.123Z")!

    @Test func aLineHasTimeLevelNameMessageAndFields() {
        let line = text.line(time, .info, "job taken", [("job-id", "17"), ("item-key", "ana 2026-10")])
        #expect(line == "2026-11-21T02:26:09.123Z info runner job taken job-id=17 item-key=\"ana 2026-10\"")
    }

    @Test(arguments: [
        ("17", "17"), ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""), ("say \"hi\"", "\"say \\\"hi\\\"\""),
        ("two\nlines\r\n", "\"two\\nlines\\r\\n\""), ("\u{1B}[31m", "\"\\u001b[31m\""), ("tab\there", "\"tab\\there\""),
        ("C:\\x", "\"C:\\\\x\""), ("žluťoučký", "žluťoučký"), ("\u{9B}31m", "\"\\u009b31m\""),
        ("\u{7F}", "\"\\u007f\""),
        ("a\u{2028}b", "\"a\\u2028b\""),
    ])
    func aValueThatCouldBeMisreadIsQuotedAsInJSON(value: String, shown: String) throws {
        #expect(text.line(time, .info, "m", [("k", value)]).hasSuffix(" m k=\(shown)"))
        if shown.hasPrefix("\"") { #expect(try JSON.decode(String.self, from: shown) == value) }
    }

    @Test func aMessageStaysOnItsLineAndCannotSteerTheTerminal() {
        let line = text.line(time, .error, "first\nsecond\u{1B}[2J\u{0}", [("a b=c", "1")])
        #expect(line == "2026-11-21T02:26:09.123Z error runner first\\nsecond\\u001b[2J\\u0000 a_b_c=1")
    }

    @Test func colourIsOnTheLevelAlone() {
        let line = LogText(name: "runner", isColoured: true).line(time, .warning, "m", [])
        #expect(line == "2026-11-21T02:26:09.123Z \u{1B}[33mwarning\u{1B}[0m runner m")
    }
}

@Suite struct JournalFieldsTests {
    @Test func anEntryBearsItsFields() {
        let fields = JournalFields.fields(
            .warning, "two\nlines", [("correlation-id", "c1"), ("job-id", "17"), ("jobKind", "payroll")],
            identifier: "millrace-runner", file: "Runner/Runner.swift", line: 42, function: "lease()")
        #expect(
            fields.map { "\($0.field)=\($0.value)" } == [
                "MESSAGE=two\nlines", "PRIORITY=4", "SYSLOG_IDENTIFIER=millrace-runner",
                "CODE_FILE=Runner/Runner.swift",
                "CODE_LINE=42", "CODE_FUNC=lease()", "CORRELATION_ID=c1", "JOB_ID=17", "JOB_KIND=payroll",
            ])
    }

    @Test(arguments: [
        ("message", "FIELD_MESSAGE"), ("_PID", "PID"), ("1st", "FIELD_1ST"), ("ärger", "RGER"), ("", "FIELD_"),
        ("a.b", "A_B"), ("日本", "FIELD_"),
    ])
    func aFieldsNameIsOneTheJournalAccepts(key: String, name: String) throws {
        let field = try #require(
            JournalFields.fields(.info, "m", [(key, "v")], identifier: "i", file: "f", line: 1, function: "x").last)
        #expect(field.field == name)
        let first = try #require(field.field.first)
        #expect(first.isASCII && first.isUppercase)
        #expect(field.field.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") })
    }

    @Test func aLongNameIsCut() {
        #expect(JournalFields.name(String(repeating: "x", count: 100)).count == 64)
    }

    @Test(arguments: zip(Logger.Level.allCases, [7, 7, 6, 5, 4, 3, 2]))
    func levelsAreSyslogsPriorities(level: Logger.Level, priority: Int) {
        #expect(JournalFields.priority(level) == priority)
    }
}

@Suite struct ServiceLogTests {
    private let time = ManualTime(wall: Timestamp("2026-11-21T02:26:09.123Z")!)
    private let pipe = try! Pipe()

    private func makeLog(level: Logger.Level = .info, perSecond: Int = 5000) -> ServiceLog {
        ServiceLog(
            name: "runner", identifier: "millrace-runner", level: level,
            output: .text(pipe.writer.raw, isColoured: false), time: time, perSecond: perSecond)
    }

    private func lines() throws -> [String] {
        pipe.writer.close()
        return String(decoding: try pipe.reader.readToEnd(), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static let start = "2026-11-21T02:26:09.123Z info runner "

    @Test func metadataOfLoggerAndEntryComeSortedByKey() throws {
        var logger = makeLog().logger()
        logger[metadataKey: "job-id"] = "17"
        logger[metadataKey: "zone"] = "a"
        logger.info("hello", metadata: ["attempt": "2", "zone": "b", "list": ["x", "y"]])
        #expect(try lines() == [Self.start + "hello attempt=2 job-id=17 list=\"[\\\"x\\\", \\\"y\\\"]\" zone=b"])
    }

    @Test func theLevelMovesForAllLoggersWhileTheyLive() throws {
        let log = makeLog()
        let logger = log.logger()
        logger.debug("unseen")
        log.level = .debug
        logger.debug("seen")
        log.level = .error
        logger.warning("unseen")
        var own = log.logger()
        own.logLevel = .trace
        own.trace("own level")
        #expect(
            try lines().map { $0.split(separator: " ").dropFirst(3).joined(separator: " ") } == ["seen", "own level"])
    }

    @Test func aLongMessageIsCutAndSaysSo() throws {
        let log = makeLog()
        let reader = Locked<[UInt8]>([])
        let thread = try WorkerThread("reader") { [pipe] in
            let all = (try? pipe.reader.readToEnd()) ?? []
            reader.withLock { $0 = all }
        }
        log.logger().info(
            "\(String(repeating: "é", count: 30_000))", metadata: ["v": "\(String(repeating: "x", count: 9000))"])
        pipe.writer.close()
        thread.join()
        let line = String(decoding: reader.withLock { $0 }, as: UTF8.self)
        #expect(line.contains("é… (cut, 60000 bytes) v=\"xxx"))
        #expect(line.hasSuffix("xxx… (cut, 9000 bytes)\"\n"))
        #expect(line.utf8.count < (48 << 10) + (8 << 10) + 200)
    }

    @Test(arguments: 0..<8)
    func aCutNeverSplitsACharacter(offset: Int) {
        let text = String(repeating: "x", count: offset) + String(repeating: "👍🏽", count: 100)
        let cut = ServiceLog.cut(text, 100)
        #expect(!cut.contains("\u{FFFD}"))
        #expect(cut.hasSuffix("… (cut, \(text.utf8.count) bytes)"))
        #expect(ServiceLog.cut("short", 5) == "short")
    }

    @Test func aFloodIsHeldBackAndCounted() throws {
        let logger = makeLog(perSecond: 3).logger()
        for number in 1...10 { logger.info("\(number)") }
        time.advance(by: .seconds(1))
        logger.info("next")
        logger.info("after")
        let seen = try lines()
        #expect(
            seen.map { $0.split(separator: " ").dropFirst().joined(separator: " ") } == [
                "info runner 1", "info runner 2", "info runner 3",
                "warning runner 7 log entries were dropped, more than 3 in a second", "info runner next",
                "info runner after",
            ])
    }

    @Test func aLogThatCannotBeWrittenIsNoReasonToStop() throws {
        Signals.ignoreBrokenPipes()
        let log = makeLog()
        pipe.reader.close()
        log.logger().info("nobody reads")
        pipe.writer.close()
        log.logger().info("nothing is open")
    }

    @Test func manyThreadsNeverMingleTheirLines() async throws {
        let log = makeLog()
        let text = Locked<[UInt8]>([])
        let reader = try WorkerThread("reader") { [pipe] in
            let all = (try? pipe.reader.readToEnd()) ?? []
            text.withLock { $0 = all }
        }
        let writers = try (0..<4).map { number in
            try WorkerThread("writer") {
                let logger = log.logger()
                for _ in 0..<200 { logger.info("\(String(repeating: "\(number)", count: 200))") }
            }
        }
        for writer in writers { writer.join() }
        pipe.writer.close()
        reader.join()
        let lines = String(decoding: text.withLock { $0 }, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { Set($0.dropFirst(Self.start.count)).count == 1 })
    }
}
