import ArgumentParser
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
    @Option(help: "Only lines since then: 2026-11-21T09:30:00Z, 15min, 2h.", transform: OptionValue.pastTime)
    var since: Timestamp?
    @Option(name: .shortAndLong, help: "Only the last lines, so many.") var lines: Int?
    @Flag(name: .shortAndLong, help: "Go on as more is said.") var follow = false

    func validate() throws {
        if let lines, lines < 0 { throw ValidationError("--lines is at least 0") }
    }

    func run() throws {
        let filter = LogFilter(job: job?.rawValue, correlation: correlation, since: since)
        try LogShow(filter: filter, lines: lines, follow: follow, global: global).run()
    }
}
