import ArgumentParser
import Calendars
import Glibc
import Linux
import MillraceProtocol

extension GapRule: ExpressibleByArgument {}
extension OverlapRule: ExpressibleByArgument {}
extension CronDialect: ExpressibleByArgument {}

extension ScheduleCommand {
    /// `millctl schedule next --on-calendar SPEC`
    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows when a rule runs next, and what the next two clock changes do to it.",
            discussion: """
                For instance: millctl schedule next --on-calendar 'Mon..Fri 09:00' --zone Europe/Berlin
                              millctl schedule next --cron '30 2 * * *' --zone Europe/Berlin --gap skip --count 3
                              millctl schedule next --batch < questions.jsonl
                              millctl schedule next payroll
                For a rule no service is asked. --batch reads JSON lines {"id":…,"kind":"oncalendar|cron|cron6|timespan","spec":…,\
                "zone":…,"after":…,"count":…} and answers each with a line {"id":…,"normalized":…,"next":[…]} or \
                {"id":…,"error":…}; a line may also choose "gap", "overlap" and "dialect", and what it leaves out is \
                as the options have it. A rule that cannot be read ends with 65.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "A schedule of the scheduler; else give a rule.") var name: String?
        @Option(name: .customLong("on-calendar"), help: "An expression of systemd.time(7).") var onCalendar: String?
        @Option(help: "An expression of cron: five fields or a macro.") var cron: String?
        @Flag(help: "The cron expression has six fields, the second first.") var seconds = false
        @Option(help: "A time span, such as 1h 30min: runs at that distance, counted from --after.") var every: String?
        @Option(help: "The zone of rules that name none; else the zone of this machine.") var zone: String?
        @Option(help: "\(RunTime.forms); else now.") var after: String?
        @Option(help: "How many runs.", transform: OptionValue.integer(ScheduleBatch.counts)) var count = 5
        @Option(help: "What becomes of a run that the clocks leave out; else as the grammar has it.") var gap: GapRule?
        @Option(help: "What becomes of a run whose time comes twice.") var overlap: OverlapRule?
        @Option(help: "debian: as its cron, with L, # and N/step; wide: also 15W, LW, 5L and ?.")
        var dialect = CronDialect.debian
        @Flag(help: "Answers JSON lines from standard input.") var batch = false

        func validate() throws {
            let chosen = [onCalendar, cron, every].count { $0 != nil }
            if name != nil {
                if chosen > 0 || batch || seconds || zone != nil || gap != nil || overlap != nil {
                    throw ValidationError("a schedule has its own rule and zone; give either its name or a rule")
                }
            } else if batch {
                if chosen > 0 || seconds { throw ValidationError("--batch reads its rules from standard input") }
            } else if chosen != 1 {
                throw ValidationError("give a schedule, or one of --on-calendar, --cron, --every and --batch")
            }
            if seconds, cron == nil, !batch { throw ValidationError("--seconds is for --cron") }
        }

        func run() async throws {
            if let name { return try await show(name) }
            let zone = zone ?? ZoneDatabase.system.localName
            let from = try after.map { try RunTime.read($0, zone: zone) } ?? RunTime.now()
            if batch {
                var batch = ScheduleBatch(
                    zone: zone, gap: gap, overlap: overlap, dialect: dialect, after: from, count: count
                )
                try batch.run(from: Descriptor(dup(STDIN_FILENO)), to: Output.text)
                return
            }
            try show(after: from, zone: zone)
        }

        private func show(_ name: String) async throws {
            let from = try after.map { try RunTime.read($0, zone: "UTC") }
            let params = ScheduleNext.Params(name: name, after: from?.timestamp, count: count)
            try await global.ask(ScheduleNext.self, params, of: .scheduler) { answer, terminal in
                guard !answer.runs.isEmpty else { return ["\(name) does not run again"] }
                var table = Table([.text("Nominal time"), .text("Begins at"), .text("On the clock")])
                for run in answer.runs {
                    table.add([Table.Cell(run.nominal.short), Table.Cell(run.at.short), Table.Cell(run.local)])
                }
                return table.lines(for: terminal) + answer.changes
            }
        }

        private func show(after: Instant, zone: String) throws {
            let (spec, grammar): (String, Timetable.Grammar) =
                onCalendar.map { ($0, .onCalendar) } ?? cron.map { ($0, seconds ? .cronWithSeconds : .cron) }
                ?? (every ?? "", .span)
            let options = Timetable.Options(zone: zone, gap: gap, overlap: overlap, dialect: dialect, anchor: after)
            let table: Timetable
            do {
                table = try Timetable(spec, grammar, options)
            } catch .expression(let error) {
                throw Failure(
                    .dataError, "\(error)",
                    lines: error.pointer.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
            } catch {
                throw Failure(.dataError, "\(error)")
            }
            let preview = SchedulePreview(spec, table, after: after, count: count)
            if global.json { JSONOutput.document(preview) } else { Output.lines(preview.lines(for: global.terminal)) }
        }
    }
}
