import Calendars
public import Declarations
import JSONCodec
import Linux
public import MillraceProtocol

/// What a folder of schedules says, by name, each with its file.
public struct ScheduleFolder: Sendable {
    public private(set) var schedules: [String: (specification: ScheduleSpecification, file: String)] = [:]

    /// Reads all files of the folder and checks them. Blocks while it reads.
    ///
    /// - Returns: what is right, and all that is wrong, in the order of files and lines.
    public static func load(_ folder: String, mayBeAbsent: Bool = false) -> (
        folder: ScheduleFolder, problems: [Problem]
    ) {
        var found = ScheduleFolder()
        let problems = ProblemList()
        let names = DeclaredNames("schedule")
        let reader = Reader(problems: problems, names: names)
        DeclarationFolder(folder).read(mayBeAbsent: mayBeAbsent, into: problems) { root in
            for (specification, file) in reader.read(root) {
                found.schedules[specification.name] = (specification, file)
            }
        }
        return (found, problems.all)
    }
}

/// Reads schedules, each mistake with its place.
private final class Reader {
    let problems: ProblemList
    var names: DeclaredNames

    init(problems: ProblemList, names: DeclaredNames) {
        self.problems = problems
        self.names = names
    }

    /// A file is one schedule, or a list of them.
    func read(_ root: Declared) -> [(ScheduleSpecification, String)] {
        var found: [(ScheduleSpecification, String)] = []
        _ = root.fields { fields in
            if !fields.has("schedules") {
                if let one = self.schedule(fields, root) { found.append((one, root.place.file)) }
                return
            }
            for item in fields["schedules"]?.items(0...10_000) ?? [] {
                let one = item.fields { self.schedule($0, item) } ?? nil
                if let one { found.append((one, item.place.file)) }
            }
        }
        return found
    }

    private func schedule(_ fields: DeclaredFields, _ value: Declared) -> ScheduleSpecification? {
        let errors = problems.errors
        let name = names.claim(nameIn: fields)
        let job = fields.require("job", "say which job it submits").flatMap { $0.fields(Self.job) ?? nil }
        var schedule = ScheduleSpecification(name: name ?? "", job: job ?? JobSpecification(kind: ""))
        var places: [String: Declared] = [:]
        func note(_ key: String, as field: String) -> Declared? {
            let value = fields[key]
            places[field] = value
            return value
        }
        schedule.summary = note("summary", as: "summary")?.text()
        schedule.onCalendar = note("on-calendar", as: "onCalendar").flatMap(Self.texts)
        schedule.cron = note("cron", as: "cron").flatMap(Self.texts)
        schedule.cronSeconds = note("cron-seconds", as: "cronSeconds").flatMap(Self.texts)
        schedule.every = note("every", as: "every")?.text()
        schedule.at = note("at", as: "at").flatMap { value in
            Self.values(value).map { $0.compactMap(Self.time) }
        }
        schedule.exceptDates = note("except-dates", as: "exceptDates").flatMap(Self.texts)
        schedule.exceptDays = note("except-days", as: "exceptDays").flatMap(Self.texts)
        schedule.zone = note("zone", as: "zone")?.text()
        schedule.gap = note("gap", as: "gap")?.text()
        schedule.overlap = note("overlap", as: "overlap")?.text()
        schedule.dialect = note("dialect", as: "dialect")?.text()
        schedule.jitterMs = note("jitter", as: "jitterMs")?.span(.zero...(.seconds(86_400))).map {
            Int($0.milliseconds)
        }
        schedule.jitterKeepsHour = fields["jitter-keeps-hour"]?.boolean()
        schedule.startAt = note("start", as: "startAt").flatMap(Self.time)
        schedule.endAt = note("end", as: "endAt").flatMap(Self.time)
        schedule.limit = note("limit", as: "limit")?.integer(1...1_000_000_000)
        schedule.whileRunning = fields["while-running"]?.choice(ScheduleWhileRunning.self)
        schedule.pauseAfterFailures = fields["pause-after-failures"]?.integer(1...1000)
        schedule.catchUp = fields["catch-up"].flatMap(Self.catchUp)
        schedule.quiet = note("quiet", as: "quiet")?.fields(Self.quiet) ?? nil
        guard errors == problems.errors, name != nil, job != nil else { return nil }
        do {
            _ = try ScheduleRule(schedule, machine: "")
            return schedule
        } catch {
            let field = String(error.field.prefix { $0 != "[" && $0 != "." })
            (places[field] ?? value).refuse(error.message)
            return nil
        }
    }

    private static func values(_ value: Declared) -> [Declared]? { value.isList ? value.items(1...100) : [value] }

    /// One text, or a list of them.
    private static func texts(_ value: Declared) -> [String]? { values(value).map { $0.compactMap { $0.text() } } }

    private static func time(_ value: Declared) -> Timestamp? {
        value.text("a time such as 2026-11-21T09:30:00Z") { Timestamp($0) != nil }.flatMap { Timestamp($0) }
    }

    private static func catchUp(_ value: Declared) -> ScheduleCatchUp? {
        guard value.isMapping else { return value.choice(ScheduleCatchUp.Mode.self).map { ScheduleCatchUp($0) } }
        let spans = Duration.seconds(1)...(.milliseconds(ScheduleRule.longestSpan))
        return value.fields { fields in
            let mode = fields.require("mode", "none, last, all, window or rate")?.choice(ScheduleCatchUp.Mode.self)
            let span = fields["span"]?.span(spans).map { Int($0.milliseconds) }
            let boot = fields["after-boot"]?.span(.zero...(.seconds(86_400))).map { Int($0.milliseconds) }
            return mode.map { ScheduleCatchUp($0, spanMs: span, afterBootMs: boot) }
        } ?? nil
    }

    private static func quiet(_ fields: DeclaredFields) -> ScheduleQuiet? {
        let from = fields.require("from", "when the quiet hours begin, such as 22:00")?.text()
        let to = fields.require("to", "when they end, such as 06:00")?.text()
        let mode = fields["mode"]?.choice(ScheduleQuiet.Mode.self)
        guard let from, let to else { return nil }
        return ScheduleQuiet(from: from, to: to, mode: mode)
    }

    private static func job(_ fields: DeclaredFields) -> JobSpecification? {
        let kind = fields.require("kind", "say which kind of job")?.name()
        var job = JobSpecification(kind: kind ?? "")
        job.params = fields["params"]?.json().flatMap { try? JSONRaw(validating: Array($0.utf8)) }
        job.queue = fields["queue"]?.name()
        job.key = fields["key"]?.text()
        job.priority = fields["priority"]?.integer(-1000...1000)
        job.timeoutMs = fields["timeout"]?.span(.milliseconds(1)...(.seconds(604_800))).map { Int($0.milliseconds) }
        job.maxAttempts = fields["attempts"]?.integer(1...100)
        job.uniqueKey = fields["unique-key"]?.text()
        job.uniqueMode = fields["unique-mode"]?.choice(UniqueMode.self)
        return kind == nil ? nil : job
    }
}
