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
        @Option(
            name: .customLong("except-days"),
            help: "Not on these days: the date part of an OnCalendar expression, such as Sat,Sun; may be repeated.")
        var exceptDays: [String] = []
        @Flag(name: .customLong("jitter-keeps-hour"), help: "The jitter leads to no other hour.")
        var jitterKeepsHour = false
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
            name: .customLong("catch-up"),
            help: ArgumentHelp(
                "Of runs that were missed: none, the last, all, those of a window:1d, or all, one each rate:10m.",
                valueName: "mode[:span]"), transform: OptionValue.catchUp)
        var catchUp: ScheduleCatchUp?
        @Option(
            name: .customLong("catch-up-after-boot"), help: "Nothing is caught up before the machine is up so long.",
            transform: OptionValue.milliseconds(0...86_400_000))
        var afterBoot: Int?
        @Option(
            name: .customLong("pause-after-failures"), help: "Pauses itself after so many in a row.",
            transform: OptionValue.integer(1...1000))
        var pauseAfterFailures: Int?
        @Option(
            help: ArgumentHelp(
                "Hours in which nothing begins: 22:00-06:00; with :defer the last of them begins at their end.",
                valueName: "from-to[:defer]"), transform: OptionValue.quiet)
        var quiet: ScheduleQuiet?
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
            schedule.catchUp = catchUp ?? schedule.catchUp
            if let afterBoot {
                schedule.catchUp = schedule.catchUp ?? ScheduleCatchUp(.last)
                schedule.catchUp?.afterBootMs = afterBoot
            }
            schedule.pauseAfterFailures = pauseAfterFailures ?? schedule.pauseAfterFailures
            schedule.quiet = quiet ?? schedule.quiet
            if !exceptDays.isEmpty { schedule.exceptDays = exceptDays }
            if jitterKeepsHour { schedule.jitterKeepsHour = true }
            return schedule
        }
    }
}

extension OptionValue {
    /// "last", "window:1d"
    @Sendable static func catchUp(_ text: String) throws -> ScheduleCatchUp {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let mode: ScheduleCatchUp.Mode = try word(parts[0])
        guard parts.count == 2 else {
            guard mode != .window, mode != .rate else {
                throw ValidationError("\(mode.rawValue) needs a span, such as \(mode.rawValue):1h")
            }
            return ScheduleCatchUp(mode)
        }
        return ScheduleCatchUp(mode, spanMs: try milliseconds(1000...366 * 86_400_000)(parts[1]))
    }

    /// "22:00-06:00", "22:00-06:00:defer"
    @Sendable static func quiet(_ text: String) throws -> ScheduleQuiet {
        let hours = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard hours.count == 2 else { throw ValidationError("'\(text)' is not two times such as 22:00-06:00") }
        var to = hours[1]
        var mode: ScheduleQuiet.Mode?
        if let word = ScheduleQuiet.Mode.allCases.first(where: { to.hasSuffix(":\($0.rawValue)") }) {
            to.removeLast(word.rawValue.count + 1)
            mode = word
        }
        return ScheduleQuiet(from: hours[0], to: to, mode: mode)
    }
}
