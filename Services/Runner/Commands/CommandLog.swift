import Linux
import Logging

/// What a command writes to stderr, line by line in the log under the fields of its job.
///
/// A leading "<N>" gives a line its level as sd-daemon(3) has it; else it is info. Of more than ``rate`` lines a second,
/// with as many more at once, the rest is dropped and counted.
struct CommandLog {
    /// Lines a second.
    static let rate = 1000

    private let log: Logger
    private let time: any TimeSource
    private var lines = LineCutter()
    private var allowance = Double(rate)
    private var filledAt: Duration
    private var dropped = 0
    private var last: [UInt8] = []

    init(_ attempt: CommandAttempt, _ log: Logger, _ time: any TimeSource) {
        var log = log
        log[metadataKey: "job-id"] = "\(attempt.jobID)"
        log[metadataKey: "job-kind"] = "\(attempt.kind)"
        log[metadataKey: "attempt"] = "\(attempt.attempt)"
        log[metadataKey: "correlation-id"] = "\(attempt.correlationId)"
        self.log = log
        self.time = time
        filledAt = time.boot()
    }

    /// The last line that was not empty, its first 200 characters.
    var lastLine: String { String(String(decoding: last, as: UTF8.self).prefix(200)) }

    /// Says something of our own about the command.
    func warn(_ message: String) { log.warning("\(message)") }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        fill()
        // Out of the way while its lines change the rest.
        var lines = LineCutter()
        swap(&lines, &self.lines)
        lines.append(bytes) { take($0) }
        self.lines = lines
    }

    mutating func finish() {
        fill()
        var lines = lines
        self.lines = LineCutter()
        lines.finish { take($0) }
        tellDropped()
    }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        let (level, text) = Self.level(of: line)
        if text.isEmpty { return }
        // Four bytes are the most that a character of plain text takes.
        last = Array(text.prefix(800))
        if allowance < 1 {
            dropped += 1
            return
        }
        allowance -= 1
        tellDropped()
        log.log(level: level, "\(String(decoding: text, as: UTF8.self))")
    }

    private mutating func fill() {
        let now = time.boot()
        allowance = min(Double(Self.rate), allowance + (now - filledAt).seconds * Double(Self.rate))
        filledAt = now
    }

    private mutating func tellDropped() {
        if dropped == 0 { return }
        log.warning(
            "\(dropped) lines of the command were dropped: it writes more than \(Self.rate) a second")
        dropped = 0
    }

    static func level(of line: ArraySlice<UInt8>) -> (Logger.Level, ArraySlice<UInt8>) {
        let start = line.startIndex
        guard line.count >= 3, line[start] == UInt8(ascii: "<"), line[start + 2] == UInt8(ascii: ">")
        else {
            return (.info, line)
        }
        let level: Logger.Level
        switch line[start + 1] {
        case UInt8(ascii: "0")...UInt8(ascii: "2"): level = .critical
        case UInt8(ascii: "3"): level = .error
        case UInt8(ascii: "4"): level = .warning
        case UInt8(ascii: "5"): level = .notice
        case UInt8(ascii: "6"): level = .info
        case UInt8(ascii: "7"): level = .debug
        default: return (.info, line)
        }
        return (level, line.dropFirst(3))
    }
}
