import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC

/// Shows lines of the suite's log: of the file that `millctl up` writes, or by way of journalctl.
struct LogShow {
    var filter: LogFilter
    /// Only the last lines, so many.
    var lines: Int?
    var follow = false
    var global: GlobalOptions

    func run() throws {
        switch global.place {
        case .state(let state): try readFile(state)
        case .system:
            if let job = unknownJob() { Output.error("millctl: the runner knows no job \(job); asking the journal") }
            try becomeJournalctl()
        }
    }

    private func readFile(_ state: StateDirectory) throws(Failure) {
        let terminal = global.terminal
        if follow, let job = unknownJob() { Output.error("millctl: the runner knows no job \(job) yet") }
        var count = 0
        var gathered: [(time: Timestamp, text: String)] = []
        do throws(SystemError) {
            let reader = LogReader(path: state.logFile)
            let line = { (text: String) in
                count += 1
                // Of one request: several processes wrote, so the file's order need not be that of the times.
                if filter.correlation != nil, !follow, let time = LogLine(text)?.time {
                    gathered.append((time, text))
                } else {
                    show(text, terminal)
                }
            }
            if follow {
                try reader.follow(last: lines, where: { filter.matches($0) }, line)
            } else {
                try reader.read(last: lines, where: { filter.matches($0) }, line)
            }
        } catch {
            guard error.number == ENOENT else { throw Failure(error) }
            let start = "millctl up --state \(ShellWord.quoted(state.path))"
            throw Failure(.noInput, "no log at \(state.logFile): `\(start)` makes it")
        }
        gathered.sort { $0.time < $1.time }
        for line in gathered { show(line.text, terminal) }
        guard count == 0, lines != 0, let job = filter.job else { return }
        if unknownJob() != nil { throw Failure(.noInput, "no job \(job), and no line of one in the log") }
        Output.error("millctl: the log has no such line of job \(job)")
    }

    /// The job that is asked for when the runner says that there is none; nil too when it cannot be asked.
    private func unknownJob() -> Int64? {
        guard let job = filter.job, job > 0,
            let client = try? BlockingClient(socket: global.place.socket(of: KnownService.runner.name))
        else { return nil }
        defer { client.close() }
        do {
            _ = try client.call(JobShow.self, .init(id: JobID(job)), options: CallOptions(timeout: .seconds(5)))
            return nil
        } catch {
            return error.status == .notFound ? job : nil
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
    var journalWords: [String] {
        var words = ["journalctl", "--output", global.json ? "json" : "short-iso-precise"]
        if let since = filter.since { words += ["--since", "@\(since.milliseconds / 1000)"] }
        if let lines { words += ["--lines", String(lines)] }
        if follow { words.append("--follow") }
        return words + filter.journalMatches(units: KnownService.all.map(\.unit))
    }

    private func becomeJournalctl() throws(Failure) -> Never {
        let words = journalWords
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        execvp(words[0], &pointers)
        let reason = SystemError(number: errno, call: "execute journalctl")
        throw Failure(.unavailable, "\(reason); for a suite without systemd give --state DIR")
    }
}
