import Glibc
import Linux
import MillraceProtocol

/// The log lines of one job as they come, from the suite's file or from the journal. Never waits.
struct JobLogTail: ~Copyable {
    private enum Source {
        case file(LogTail)
        /// A journalctl that follows, and the end of the pipe it writes to.
        case journal(ChildProcess, Descriptor, LineSplitter)
    }

    private let filter: LogFilter
    private var source: Source

    /// Hands out the lines there are already. Nil where there is no log to read.
    init?(job: Int64, at place: Place, _ line: (String) -> Void) {
        filter = LogFilter(job: job)
        let filter = filter
        switch place {
        case .state(let state):
            let reader = LogReader(path: state.logFile)
            guard let tail = try? reader.tail(last: nil, where: { filter.matches($0) }, line) else { return nil }
            source = .file(tail)
        case .system:
            guard let (child, output) = try? Self.journal(filter) else { return nil }
            source = .journal(child, output, LineSplitter())
        }
    }

    /// What has come since the last time.
    mutating func read(_ line: (String) -> Void) {
        switch source {
        case .file(var tail):
            let filter = filter
            try? tail.read { text in if filter.matches(text) { line(text) } }
            source = .file(tail)
        case .journal(let child, let output, var splitter):
            while let bytes = Self.available(output) { splitter.append(bytes, line: line) }
            source = .journal(child, output, splitter)
        }
    }

    deinit {
        if case .journal(let child, _, _) = source { child.signal(SIGTERM) }
    }

    private static func journal(_ filter: LogFilter) throws(SystemError) -> (ChildProcess, Descriptor) {
        let pipe = try Pipe()
        try pipe.reader.setNonBlocking(true)
        let words =
            ["journalctl", "--output", "short-iso-precise", "--quiet", "--lines", "all", "--follow"]
            + filter.journalMatches(units: KnownService.all.map(\.unit))
        let null = try Files.open("/dev/null")
        var launch = ChildLaunch(words)
        launch.passing = [(null, 0), (pipe.writer, 1), (null, 2)]
        launch.parentDeathSignal = SIGTERM
        return (try ChildProcess(launch), pipe.reader)
    }

    /// What stands in the pipe; nil when nothing does.
    private static func available(_ pipe: Descriptor) -> [UInt8]? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        guard let count = try? pipe.read(into: buffer), count > 0 else { return nil }
        return Array(buffer[..<count])
    }
}
