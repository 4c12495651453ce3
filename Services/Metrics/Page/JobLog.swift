import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import StatusPage

/// What was logged of a job: from the suite's own log file, else from the journal.
struct JobLog: Sendable {
    /// Lines that are shown at most.
    static let most = 200
    /// So much of the log's end is looked at.
    static let bytes: Int64 = 4 << 20
    static let patience = Duration.seconds(2)

    /// The folder of a suite without systemd.
    let state: String?
    let time: any TimeSource

    /// The last lines; none where the log cannot be read: the page's other parts stand without it.
    func lines(of job: JobID) async -> [JobPage.LogLine] {
        if let state { return fileLines(state + "/log/millrace.log", job) }
        let words = [
            "journalctl", "--quiet", "--output=json", "--lines=\(Self.most)", "JOB_ID=\(job)",
            "--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER",
        ]
        guard let text = try? await ProgramAnswer.output(of: words, within: Self.patience, time: time) else {
            return []
        }
        return text.split(separator: "\n").compactMap(Self.entry)
    }

    private func fileLines(_ path: String, _ job: JobID) -> [JobPage.LogLine] {
        let mark = "job-id=\(job)"
        guard let text = try? Self.end(of: path) else { return [] }
        let found = text.split(separator: "\n").filter { line in
            line.ranges(of: mark).contains { $0.upperBound == line.endIndex || line[$0.upperBound] == " " }
        }
        return found.suffix(Self.most).compactMap { line in
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 4, let time = Timestamp(words[0]) else { return nil }
            return .init(time: time, service: words[2], level: words[1], text: words[3])
        }
    }

    private static func end(of path: String) throws(SystemError) -> String {
        let file = try Files.open(path)
        let size = try Files.size(path)
        if size > bytes { try retrying("lseek") { lseek(file.raw, Int(size - bytes), SEEK_SET) } }
        return String(decoding: try file.readToEnd(), as: UTF8.self)
    }

    private static func entry(_ line: Substring) -> JobPage.LogLine? {
        guard let value = try? JSON.decode(JSONValue.self, from: String(line)),
            let micros = value["__REALTIME_TIMESTAMP"]?.stringValue.flatMap({ Int64($0) }),
            let text = value["MESSAGE"]?.stringValue
        else { return nil }
        let levels = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
        let priority = value["PRIORITY"]?.stringValue.flatMap { Int($0) } ?? 6
        return .init(
            time: Timestamp(milliseconds: micros / 1000), service: value["SYSLOG_IDENTIFIER"]?.stringValue ?? "",
            level: levels.indices.contains(priority) ? levels[priority] : "info", text: text)
    }
}
