import ArgumentParser
import Calendars
import JSONCodec
import Linux
import MillraceProtocol

extension ScheduleCommand {
    /// `millctl schedule put NAME --kind KIND --cron '0 9 * * *'`
    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a schedule, or changes the one of this name.",
            discussion: """
                For instance: millctl schedule put payroll --kind create-contractor-payouts \
                --params '{"type":"payroll","month":"${month}"}' --on-calendar '*-*-01 09:00' --zone Europe/Berlin \
                --unique-key create-contractor-payouts/payroll
                              millctl schedule put payroll --from @payroll.json
                In the texts of the parameters ${nominal}, ${date}, ${month}, ${name} and ${cause} stand for facts of the \
                run. Schedules can also be declared in files: see Documentation/Scheduling.md.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "What it is called.") var name: String
        @Option(help: "The kind of its job.") var kind: String?
        @Option(help: "JSON, @FILE, or @- for standard input.") var params: String?
        @Option(help: "The queue of its jobs.") var queue: String?
        @Option(name: .customLong("unique-key"), help: "At most one job with this key that is not over.")
        var uniqueKey: String?
        @Option(name: .customLong("on-calendar"), help: "An expression of systemd.time(7); may be repeated.")
        var onCalendar: [String] = []
        @Option(help: "An expression of cron; may be repeated.") var cron: [String] = []
        @Flag(help: "The cron expressions have six fields, the second first.") var seconds = false
        @Option(help: "A time span between runs.") var every: String?
        @Option(help: "Once at this time; may be repeated.", transform: OptionValue.time) var at: [Timestamp] = []
        @Option(help: "The zone of its times; else that of the machine.") var zone: String?
        @Option(help: "What becomes of a run that the clocks leave out.") var gap: GapRule?
        @Option(help: "What becomes of a run whose time comes twice.") var overlap: OverlapRule?
        @Option(help: "Not on this date; may be repeated.") var except: [String] = []
        @Option(help: "Begins up to so much later.", transform: OptionValue.milliseconds(0...86_400_000)) var jitter:
            Int?
        @Option(help: "So many runs, then no more.", transform: OptionValue.integer(1...1_000_000_000)) var limit: Int?
        @Option(help: "No run before.", transform: OptionValue.time) var start: Timestamp?
        @Option(help: "No run after.", transform: OptionValue.time) var end: Timestamp?
        @Option(
            name: .customLong("while-running"),
            help: "While an earlier run is not over: skip, buffer-one, buffer-all, cancel-other or allow-all.",
            transform: OptionValue.word)
        var whileRunning: ScheduleWhileRunning?
        @Option(
            name: .customLong("catch-up"), help: "Of runs that were missed: none, last or all.",
            transform: OptionValue.word)
        var catchUp: ScheduleCatchUp.Mode?
        @Option(
            name: .customLong("pause-after-failures"), help: "Pauses itself after so many in a row.",
            transform: OptionValue.integer(1...1000))
        var pauseAfterFailures: Int?
        @Option(help: "Hours in which nothing begins: 22:00-06:00.") var quiet: String?
        @Option(name: .customLong("from"), help: "The whole schedule as JSON, @FILE or @-; other options lay over it.")
        var source: String?

        func run() async throws {
            let params = SchedulePut.Params(schedule: try specification())
            try await global.ask(SchedulePut.self, params, of: .scheduler) { answer, _ in
                ["\(answer.schedule.name): next \(answer.next.map(\.short) ?? "never")"]
            }
        }

        private func specification() throws -> ScheduleSpecification {
            var schedule = ScheduleSpecification(name: name, job: JobSpecification(kind: kind ?? ""))
            if let source {
                let json = try ParamsSource(option: "--from").read(source)
                do { schedule = try json.decode() } catch { throw Failure(.dataError, "--from: \(error)") }
                schedule.name = name
            } else if kind == nil {
                throw Failure(.usage, "say which kind of job it submits, with --kind, or give the whole with --from")
            }
            if let kind { schedule.job.kind = kind }
            if let params { schedule.job.params = try ParamsSource(option: "--params").read(params) }
            if let queue { schedule.job.queue = queue }
            if let uniqueKey { schedule.job.uniqueKey = uniqueKey }
            if !onCalendar.isEmpty { schedule.onCalendar = onCalendar }
            if !cron.isEmpty { if seconds { schedule.cronSeconds = cron } else { schedule.cron = cron } }
            if let every { schedule.every = every }
            if !at.isEmpty { schedule.at = at }
            schedule.zone = zone ?? schedule.zone
            schedule.gap = gap?.rawValue ?? schedule.gap
            schedule.overlap = overlap?.rawValue ?? schedule.overlap
            if !except.isEmpty { schedule.exceptDates = except }
            schedule.jitterMs = jitter ?? schedule.jitterMs
            schedule.limit = limit ?? schedule.limit
            schedule.startAt = start ?? schedule.startAt
            schedule.endAt = end ?? schedule.endAt
            schedule.whileRunning = whileRunning ?? schedule.whileRunning
            if let catchUp { schedule.catchUp = ScheduleCatchUp(catchUp) }
            schedule.pauseAfterFailures = pauseAfterFailures ?? schedule.pauseAfterFailures
            if let quiet {
                let hours = quiet.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
                guard hours.count == 2 else { throw Failure(.usage, "--quiet is two times such as 22:00-06:00") }
                schedule.quiet = ScheduleQuiet(from: hours[0], to: hours[1])
            }
            return schedule
        }
    }
}
