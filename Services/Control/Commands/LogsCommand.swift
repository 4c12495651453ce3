import ArgumentParser
import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl logs [--job ID]`
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Shows what the suite said, of one job or all.",
        discussion: """
            Under systemd this asks the journal, by its fields JOB_ID and CORRELATION_ID; with --state it reads \
            DIR/log/millrace.log.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "Only lines of this job.", transform: OptionValue.job) var job: JobID?
    @Option(help: "Only lines with this correlation id.") var correlation: String?
    @Option(help: "Only lines since then: 2026-11-21T09:30:00Z, 15m, 2h.", transform: OptionValue.pastTime)
    var since: Timestamp?
    @Option(name: .shortAndLong, help: "Only the last lines, so many.") var lines: Int?
    @Flag(name: .shortAndLong, help: "Go on as more is said.") var follow = false

    func validate() throws {
        if let lines, lines < 0 { throw ValidationError("--lines is at least 0") }
    }

    func run() throws {
        let filter = LogFilter(job: job?.rawValue, correlation: correlation, since: since)
        switch global.place {
        case .state(let state): try readFile(state, filter)
        case .system: try becomeJournalctl(filter)
        }
    }

    private func readFile(_ state: StateDirectory, _ filter: LogFilter) throws(Failure) {
        let terminal = global.terminal
        do throws(SystemError) {
            try read(LogReader(path: state.logFile), filter) { text in show(text, terminal) }
        } catch {
            guard error.number == ENOENT else { throw Failure(error) }
            let start = "millctl up --state \(ShellWord.quoted(state.path))"
            throw Failure(.noInput, "no log at \(state.logFile): `\(start)` makes it")
        }
    }

    private func read(_ reader: LogReader, _ filter: LogFilter, _ line: (String) -> Void) throws(SystemError) {
        if follow {
            try reader.follow(last: lines, where: { filter.matches($0) }, line)
        } else {
            try reader.read(last: lines, where: { filter.matches($0) }, line)
        }
    }

    private func show(_ text: String, _ terminal: Terminal) {
        if !global.json {
            Output.line(terminal.isInteractive ? Self.painted(text, terminal) : text)
        } else if let line = LogLine(text) {
            JSONOutput.line(line)
        } else {
            JSONOutput.line(["message": .string(text)] as JSONValue)
        }
    }

    static func painted(_ text: String, _ terminal: Terminal) -> String {
        let plain = DisplayText.harmless(text)
        switch LogLine(text)?.level {
        case "error", "critical": return terminal.paint(plain, .bad)
        case "warning": return terminal.paint(plain, .warning)
        case "debug", "trace": return terminal.paint(plain, .quiet)
        default: return plain
        }
    }

    /// The words for journalctl.
    func journalWords(_ filter: LogFilter) -> [String] {
        var words = ["journalctl", "--output", global.json ? "json" : "short-iso-precise"]
        if let since { words += ["--since", "@\(since.milliseconds / 1000)"] }
        if let lines { words += ["--lines", String(lines)] }
        if follow { words.append("--follow") }
        return words + filter.journalMatches(units: KnownService.all.map(\.unit))
    }

    private func becomeJournalctl(_ filter: LogFilter) throws(Failure) -> Never {
        let words = journalWords(filter)
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        execvp(words[0], &pointers)
        let reason = SystemError(number: errno, call: "execute journalctl")
        throw Failure(.unavailable, "\(reason); for a suite without systemd give --state DIR")
    }
}
