import Glibc
import Linux
public import Logging
import Synchronization
import Systemd

/// Where a program's log goes: to the journal with fields when standard error is the journal, else as readable text to
/// standard error, in colour only on a terminal.
public final class ServiceLog: Sendable {
    enum Output: Sendable {
        case journal
        case text(Int32, isColoured: Bool)
    }

    /// A longer message is cut and says so.
    static let longestMessage = 48 << 10
    static let longestValue = 8 << 10
    static let perSecond = 5000

    private let identifier: String
    private let output: Output
    private let text: LogText
    private let time: any TimeSource
    private let levelNumber: Atomic<Int>
    private let perSecond: Int
    private let budget: Locked<LogBudget>

    /// - Parameters:
    ///   - name: who speaks, in the text form: "runner".
    ///   - identifier: SYSLOG_IDENTIFIER in the journal: "millrace-runner".
    public convenience init(name: String, identifier: String, level: Logger.Level = .info) {
        let output: Output =
            Journal.isConnected(STDERR_FILENO)
            ? .journal : .text(STDERR_FILENO, isColoured: isatty(STDERR_FILENO) == 1 && Environment["NO_COLOR"] == nil)
        self.init(name: name, identifier: identifier, level: level, output: output, time: SystemTime())
    }

    init(
        name: String, identifier: String, level: Logger.Level, output: Output, time: any TimeSource,
        perSecond: Int = ServiceLog.perSecond
    ) {
        self.identifier = identifier
        self.output = output
        self.time = time
        text =
            if case .text(_, true) = output {
                LogText(name: name, isColoured: true)
            } else {
                LogText(name: name, isColoured: false)
            }
        levelNumber = Atomic(Self.number(level))
        self.perSecond = perSecond
        budget = Locked(LogBudget(perSecond: perSecond))
    }

    /// Makes this the log of all loggers of the process. Once, before the first logger is made.
    public func bootstrap() {
        LoggingSystem.bootstrap(
            { [self] _, provider in ServiceLogHandler(self, metadataProvider: provider) }, metadataProvider: nil)
    }

    /// A logger that writes here, bootstrapped or not.
    public func logger(_ label: String = "millrace") -> Logger {
        Logger(label: label) { _ in ServiceLogHandler(self, metadataProvider: nil) }
    }

    /// What is logged, from here upwards, by all loggers that were given no level of their own. May change at any time.
    public var level: Logger.Level {
        get { Logger.Level.allCases[levelNumber.load(ordering: .relaxed)] }
        set { levelNumber.store(Self.number(newValue), ordering: .relaxed) }
    }

    private static func number(_ level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level)!
    }

    func write(_ event: LogEvent, _ metadata: [(key: String, value: String)]) {
        switch budget.withLock({ $0.judge(time.boot()) }) {
        case .drop: return
        case .write: break
        case .writeAfterDropping(let count):
            let notice = LogEvent(
                level: .warning, message: "\(count) log entries were dropped, more than \(perSecond) in a second",
                metadata: nil, source: event.source, file: event.file, function: event.function, line: event.line)
            put(notice, [])
        }
        put(event, metadata)
    }

    private func put(_ event: LogEvent, _ metadata: [(key: String, value: String)]) {
        let message = Self.cut(event.message.description, Self.longestMessage)
        let metadata = metadata.map { ($0.key, Self.cut($0.value, Self.longestValue)) }
        switch output {
        case .journal:
            Journal.send(
                JournalFields.fields(
                    event.level, message, metadata, identifier: identifier, file: event.file, line: event.line,
                    function: event.function))
        case .text(let descriptor, _):
            RawOutput.write(text.line(time.wall(), event.level, message, metadata) + "\n", to: descriptor)
        }
    }

    static func cut(_ text: String, _ longest: Int) -> String {
        guard text.utf8.count > longest else { return text }
        // An index inside of a character is moved back to its start.
        var end = text.utf8.index(text.startIndex, offsetBy: longest)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return "\(text[..<end])… (cut, \(text.utf8.count) bytes)"
    }
}

/// One logger's part: its metadata, and its level where it was given one.
struct ServiceLogHandler: LogHandler {
    private let log: ServiceLog
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(_ log: ServiceLog, metadataProvider: Logger.MetadataProvider?) {
        self.log = log
        self.metadataProvider = metadataProvider
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? log.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        log.write(event, all.map { (key: $0.key, value: "\($0.value)") }.sorted { $0.key < $1.key })
    }
}
