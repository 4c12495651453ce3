import Linux

/// Which lines of the suite's log are wanted.
struct LogFilter: Sendable {
    var job: Int64?
    var correlation: String?
    var since: Timestamp?

    /// Whether every line is wanted, whatever its form.
    var isOpen: Bool { job == nil && correlation == nil && since == nil }

    func matches(_ text: String) -> Bool {
        if isOpen { return true }
        // Most lines are of other jobs; those need no parsing.
        if let job, !text.contains("job-id=") || !text.contains(String(job)) { return false }
        if let correlation, !text.contains(correlation) { return false }
        guard let line = LogLine(text) else { return false }
        if let job, line["job-id"] != String(job) { return false }
        if let correlation, line["correlation-id"] != correlation { return false }
        if let since, line.time < since { return false }
        return true
    }

    /// The matches of journalctl that select the same, but for `since`, which is an option there.
    func journalMatches(units: [String]) -> [String] {
        // Not `-u`: that would also select systemd's own lines, whose JOB_ID is another matter.
        var matches = units.map { "_SYSTEMD_UNIT=\($0)" }
        if let job { matches.append("JOB_ID=\(job)") }
        if let correlation { matches.append("CORRELATION_ID=\(correlation)") }
        return matches
    }
}
