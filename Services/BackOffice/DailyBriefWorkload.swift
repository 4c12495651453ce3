import BackOffice
import Calendars
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import MillraceWorker
import Synchronization

/// `daily-brief`: the digest of a person's active projects on a day. Items are projects of that day, side by side; a project
/// that fails is left out of the brief, and a brief without any is still one.
struct DailyBriefWorkload: Workload {
    static let kind = "daily-brief"
    static let summary = "Makes a person's brief of a day: all active projects, side by side, and what they amount to."

    struct Params: JSONDecodable, Sendable {
        var user: String
        /// Today in the person's zone when left out.
        var date: Day?
        var timezone: String?
        var isReengagement = false
        var daysAway = 0
        /// When the person wants it; it is made a little before, and mailed then.
        var at: Timestamp?

        init(from json: inout JSONReader) throws(JSONError) {
            var user: String?, date: Day?, timezone: String?, isReengagement = false, daysAway = 0, at: Timestamp?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "user": user = try json.string()
                case "date": date = try DailyBriefWorkload.day(&json)
                case "timezone": timezone = try json.string()
                case "isReengagement": isReengagement = try json.bool()
                case "daysSinceLastLogin": daysAway = try json.int()
                case "at": at = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.user = try json.require(user, "user")
            (self.date, self.timezone) = (date, timezone)
            (self.isReengagement, self.daysAway, self.at) = (isReengagement, daysAway, at)
        }
    }

    static func day(_ json: inout JSONReader) throws(JSONError) -> Day {
        let text = try json.string()
        guard let day = Day(text) else { throw json.invalid("\"\(text)\" is no date such as 2026-11-21") }
        return day
    }

    /// Projects at once.
    static let slots = 10

    final class Context: Sendable {
        let material: BriefMaterial
        let day: Day
        let zone: Zone
        let done = Atomic(0)

        init(_ material: BriefMaterial, day: Day, zone: Zone) {
            self.material = material
            self.day = day
            self.zone = zone
        }
    }

    private let door: BooksDoor
    private let post: BriefPost
    private let read: Handover<BriefMaterial>
    private let zones: ZoneDatabase

    init(books door: BooksDoor, post: BriefPost, zones: ZoneDatabase = .system) {
        self.door = door
        self.post = post
        self.zones = zones
        read = Handover(time: door.time)
    }

    /// The day is settled here and kept with the items, in their keys too, so that a brief that goes on after midnight is
    /// still the same, also where no item has an output.
    func plan(_ params: Params, _ run: JobRun) async throws -> Plan<BriefItem> {
        try await answering {
            let books = try door.localBooks()
            let (zone, day) = try await place(params, books)
            let away = params.isReengagement ? params.daysAway : nil
            let metadata = JSONRaw(
                JSONValue.object([
                    JSONMember("queue_job_id", .number("\(run.jobID)")), JSONMember("timezone", .string(zone.name)),
                    JSONMember("is_reengagement", .bool(params.isReengagement)),
                    JSONMember("days_since_last_login", .number("\(params.daysAway)")),
                    JSONMember("email_subject", .string(BriefMail.subject(daysAway: away, day: day))),
                ]))
            try await books.beginBrief(of: params.user, on: day, metadata: metadata, now: door.time.wall())
            try await tell(.fetchingProjects, params.user, day, books, run)
            let material = try await books.briefMaterial(of: params.user)
            guard !material.projects.isEmpty else {
                let message = "no active projects"
                try await books.failBrief(of: params.user, on: day, because: message)
                throw RPCError(.unavailable, message, reason: "brief.noProjects")
            }
            read.put(material, for: run.jobID)
            try await tell(.generatingProjectBriefs, params.user, day, books, run)
            return Plan(
                items: material.projects.map {
                    PlannedItem(
                        key: BriefItemKey(day: day, project: $0.id).text,
                        input: BriefItem(name: $0.name, day: day, zone: zone.name))
                }, slots: min(Self.slots, material.projects.count))
        }
    }

    func preload(_ params: Params, _ items: [PlannedItem<BriefItem>], _ run: JobRun) async throws -> Context {
        try await answering {
            let books = try door.localBooks()
            var material = read.take(for: run.jobID)
            if material == nil { material = try await books.briefMaterial(of: params.user) }
            guard let material, let item = items.first?.input else {
                throw RPCError(.failedPrecondition, "a brief without projects", reason: "brief.noProjects")
            }
            return Context(material, day: item.day, zone: try BriefPreference.zone(named: item.zone, in: zones))
        }
    }

    func process(
        _ item: PlannedItem<BriefItem>, _ params: Params, _ context: Context, _ run: JobRun
    ) async throws -> BriefPart {
        try await answering {
            let books = try door.localBooks()
            // Releases before had no day in the keys.
            let id = BriefItemKey(item.key)?.project ?? item.key
            let project = OwnProject(id: id, name: item.input.name)
            let brief = ProjectBrief(project, of: context.material, on: context.day, in: context.zone)
            try await books.keepProjectBrief(brief, on: context.day)
            let done = context.done.add(1, ordering: .relaxed).newValue
            let step = BriefStep.processingProject(
                name: project.name, done: done, of: max(done, context.material.projects.count))
            try await tell(step, params.user, context.day, books, run)
            return BriefPart(brief)
        }
    }

    func summarize(
        _ outcomes: [Outcome<BriefPart>], _ params: Params, _ run: JobRun
    ) async throws -> BriefResult {
        try await answering {
            let books = try door.localBooks()
            guard let day = outcomes.first.flatMap({ BriefItemKey($0.key) })?.day ?? params.date else {
                throw RPCError(
                    .failedPrecondition, "what was planned does not say for which day; submit the job anew",
                    reason: "workload.foreignData")
            }
            guard !run.cancelled else {
                try await books.failBrief(of: params.user, on: day, because: "cancelled")
                return BriefResult(day: day, projects: 0, failed: outcomes.count, hasAnalysis: false)
            }
            let parts = outcomes.compactMap(\.output)
            for outcome in outcomes where outcome.output == nil {
                run.log.warning("a project has no brief: \(outcome.error?.message ?? "cancelled")")
            }
            let brief = DailyBrief(day: day, texts: parts.map(\.text))
            try await tell(.consolidating, params.user, day, books, run)
            var analysis: String?
            if !parts.isEmpty {
                try await tell(.analysing, params.user, day, books, run)
                do {
                    let away = params.isReengagement ? params.daysAway : nil
                    analysis = try await door.analyst(for: run).analyse(brief, parts, daysAway: away)
                } catch {
                    run.log.warning("the brief has no analysis: \(error)")
                }
            }
            try await tell(.finalizing, params.user, day, books, run)
            try await books.completeBrief(brief, of: params.user, analysis: analysis, now: door.time.wall())
            let mail = await post.queue(params.user, day, at: params.at, run)
            return BriefResult(
                day: day, projects: parts.count, failed: outcomes.count - parts.count, hasAnalysis: analysis != nil,
                mail: mail)
        }
    }

    /// The person's own zone, else the job's, else UTC, as where no zone has the name; the day in it.
    private func place(_ params: Params, _ books: SQLiteBooks) async throws -> (Zone, Day) {
        guard let own = try await books.briefZone(of: params.user) else {
            throw RPCError(
                .notFound, "the books know no person \(params.user)", reason: "brief.noPerson", field: "user")
        }
        let zone = try BriefPreference.zone(named: own ?? params.timezone ?? "UTC", in: zones)
        return (zone, params.date ?? zone.today(at: door.time.wall()))
    }

    private func tell(_ step: BriefStep, _ user: String, _ day: Day, _ books: SQLiteBooks, _ run: JobRun) async throws {
        run.progress("\(step.name) \(step.percent) %")
        let queue = door.settings.queue
        guard queue.tracksProgress else { return }
        var pause = queue.retryBase
        for attempt in 0...queue.progressRetries {
            do {
                return try await books.noteBrief(step, of: user, on: day)
            } catch let error as StoreError where attempt < queue.progressRetries {
                run.log.debug("how far the brief is could not be written, trying again: \(error)")
                try await door.time.sleep(for: pause)
                pause = pause * 2
            } catch let error as StoreError {
                // The brief is worth more than the figure.
                run.log.warning("how far the brief is could not be written: \(error)")
            }
        }
    }
}

/// What an item is called: `2026-11-21 p1`, the brief of a project on a day.
struct BriefItemKey: Hashable, Sendable {
    var day: Day
    var project: String

    init(day: Day, project: String) {
        self.day = day
        self.project = project
    }

    /// Nil for another form.
    init?(_ text: String) {
        guard let space = text.firstIndex(of: " "), let day = Day(String(text[..<space])) else { return nil }
        self.init(day: day, project: String(text[text.index(after: space)...]))
    }

    var text: String { "\(day) \(project)" }
}

/// A project of a brief, with what was settled when it was planned.
struct BriefItem: JSONCodable, Sendable {
    var name: String
    var day: Day
    var zone: String

    init(name: String, day: Day, zone: String) {
        self.name = name
        self.day = day
        self.zone = zone
    }

    init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, day: String?, zone: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "day": day = try json.string()
            case "zone": zone = try json.string()
            default: try json.skip()
            }
        }
        guard let date = Day(try json.require(day, "day")) else { throw json.invalid("no day") }
        self.init(name: try json.require(name, "name"), day: date, zone: try json.require(zone, "zone"))
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("day", day.description)
            $0.member("zone", zone)
        }
    }
}

/// The result of a brief's job.
struct BriefResult: JSONEncodable, Sendable {
    var day: Day
    var projects: Int
    var failed: Int
    var hasAnalysis: Bool
    /// Nil where mail is off.
    var mail: BriefMailQueueing?

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("date", day.description)
            $0.member("projects", projects)
            $0.member("failed", failed)
            $0.member("analysis", hasAnalysis)
            $0.member("mail", ifPresent: mail?.rawValue)
        }
    }
}
