import BackOffice
import Calendars
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceWorker

/// `plan-daily-briefs`: who gets a brief within the hour, a job for each. Items are groups of people.
///
/// Safe to run twice: a brief is one job for each person and day, and the watermark moves on only when all are queued.
struct PlanBriefsWorkload: Workload {
    static let kind = "plan-daily-briefs"
    static let summary = "Plans the daily briefs of the next hour, one job for each person."

    struct Params: JSONDecodable, Sendable {
        /// The time to plan from; now when left out.
        var now: Timestamp?
        var dryRun = false

        init(from json: inout JSONReader) throws(JSONError) {
            var (now, dryRun): (Timestamp?, Bool) = (nil, false)
            try json.object { key, json throws(JSONError) in
                switch key {
                case "now": now = try json.value()
                case "dryRun": dryRun = try json.bool()
                default: try json.unknownParameter(key)
                }
            }
            (self.now, self.dryRun) = (now, dryRun)
        }
    }

    /// People whose briefs go to the runner in one call.
    static let group = 250
    /// A brief is made so long before its time.
    static let lead = Duration.seconds(120)
    /// One that is due sooner is made at once, before others.
    static let immediate = Duration.seconds(60)
    static let listed = 1000

    private let door: BooksDoor
    private let runner: RPCClient
    private let usesEngagement: Bool
    private let post: BriefPost
    private let zones: ZoneDatabase

    init(
        books door: BooksDoor, runner: RPCClient, post: BriefPost, usesEngagement: Bool, zones: ZoneDatabase = .system
    ) {
        self.door = door
        self.post = post
        self.runner = runner
        self.usesEngagement = usesEngagement
        self.zones = zones
    }

    /// Up to where the hour goes is settled here and kept with the items: it counts from this moment, however long the rest
    /// takes. Therefore there is an item where nobody is due, too.
    func plan(_ params: Params, _ run: JobRun) async throws -> Plan<PlannedGroup> {
        guard !params.dryRun else { return Plan(items: []) }
        return try await answering {
            let found = try await find(params, run)
            let untold = Self.failures(found)
            let groups = stride(from: 0, to: max(1, found.due.count), by: Self.group).map { start in
                let due = Array(found.due[start..<min(start + Self.group, found.due.count)])
                let key = due.isEmpty ? "nobody" : "\(start + 1)-\(start + due.count)"
                return PlannedItem(
                    key: key,
                    input: PlannedGroup(due: due, failed: start == 0 ? untold : [], plannedTo: found.plannedTo))
            }
            return Plan(items: groups, slots: 5)
        }
    }

    func preload(_ params: Params, _ items: [PlannedItem<PlannedGroup>], _ run: JobRun) async throws {}

    func process(
        _ item: PlannedItem<PlannedGroup>, _ params: Params, _ context: Void, _ run: JobRun
    ) async throws -> QueuedBriefs {
        try await answering {
            let books = try door.localBooks()
            let now = params.now ?? door.time.wall()
            var queued = QueuedBriefs()
            queued.failed = item.input.failed
            var done: [DueBrief] = []
            let group = item.input.due
            for (due, fault) in zip(group, await submit(group, now: now)) {
                if let fault {
                    queued.failed.append(QueuedBriefs.Failed(user: due.person, reason: fault))
                } else {
                    done.append(due)
                }
            }
            queued.queued = done.count
            queued.plannedTo = item.input.plannedTo
            try await books.planBriefs(done)
            return queued
        }
    }

    func summarize(
        _ outcomes: [Outcome<QueuedBriefs>], _ params: Params, _ run: JobRun
    ) async throws -> PlannedBriefs {
        try await answering {
            var result = PlannedBriefs()
            if params.dryRun {
                let found = try await find(params, run)
                result.due = Array(found.due.prefix(Self.listed))
                result.leftOut = Array(found.leftOut.prefix(Self.listed))
                result.failed = Self.failures(found)
                result.preferences = found.preferences
                result.plannedTo = found.plannedTo
                return result
            }
            for outcome in outcomes {
                guard let output = outcome.output else {
                    result.failed.append(
                        QueuedBriefs.Failed(user: outcome.key, reason: outcome.error?.message ?? "cancelled"))
                    continue
                }
                result.queued += output.queued
                result.failed += output.failed
            }
            result.plannedTo = outcomes.compactMap { $0.output?.plannedTo }.first
            if result.failed.isEmpty, !run.cancelled, let end = result.plannedTo {
                try await door.localBooks().setBriefWatermark(end)
            }
            await post.queueWhatWaits(run)
            for failed in result.failed.prefix(20) { run.log.warning("no brief for a user: \(failed.reason)") }
            result.failed = Array(result.failed.prefix(Self.listed))
            return result
        }
    }

    private func find(_ params: Params, _ run: JobRun) async throws -> BriefPlanner.Plan {
        let books = try door.localBooks()
        let now = params.now ?? door.time.wall()
        let preloaded = PreloadedEngagement(books: books, run: run)
        return try await BriefPlanner(preloaded, usesEngagement: usesEngagement, zones: zones).plan(
            now: now, watermark: try await books.briefWatermark())
    }

    /// Whose time cannot be told: failed, so that the hour is planned again.
    private static func failures(_ plan: BriefPlanner.Plan) -> [QueuedBriefs.Failed] {
        plan.untold.prefix(listed).map { QueuedBriefs.Failed(user: $0.person, reason: "\($0.error.rpcError)") }
    }

    /// Nil for each that was queued, else why not.
    private func submit(_ due: [DueBrief], now: Timestamp) async -> [String?] {
        guard !due.isEmpty else { return [] }
        let jobs = due.map { job($0, now: now) }
        do {
            let options = CallOptions(timeout: .seconds(30))
            _ = try await runner.call(JobSubmitBatch.self, .init(jobs: jobs), options: options)
            return due.map { _ in nil }
        } catch {
            guard (error as? RPCError)?.status != .unavailable else { return due.map { _ in "\(error)" } }
        }
        // All of them or none: whoever was the cause, the others get theirs.
        var faults: [String?] = []
        for job in jobs {
            do {
                var single = job
                single.idempotencyKey = nil
                let options = CallOptions(timeout: .seconds(30), idempotencyKey: job.idempotencyKey)
                _ = try await runner.call(JobSubmit.self, single, options: options)
                faults.append(nil)
            } catch {
                faults.append("\(error)")
            }
        }
        return faults
    }

    private func job(_ due: DueBrief, now: Timestamp) -> JobSpecification {
        let key = "brief-\(due.person)-\(due.day)"
        let start = due.at - Self.lead
        let queue = door.settings.queue
        var job = JobSpecification(kind: DailyBriefWorkload.kind, params: JSONRaw(due))
        job.key = due.person
        job.uniqueKey = String(key.prefix(256))
        job.uniqueMode = .keep
        job.idempotencyKey = String("\(key)-\(due.at.milliseconds)".prefix(256))
        job.maxAttempts = queue.attempts
        job.backoffMs = Int(BriefQueueSettings.backoff.milliseconds)
        job.itemTimeoutMs = Int(queue.stalled.milliseconds)
        job.timeoutMs = Int(queue.timeout.milliseconds)
        if due.at - now < Self.immediate { job.priority = 10 }
        if start > now { job.runAt = start }
        return job
    }
}

/// People of one item, and up to where the hour goes that they belong to.
struct PlannedGroup: JSONCodable, Sendable {
    var due: [DueBrief]
    /// Who could not be planned, with the first group.
    var failed: [QueuedBriefs.Failed]
    var plannedTo: Timestamp

    init(due: [DueBrief], failed: [QueuedBriefs.Failed] = [], plannedTo: Timestamp) {
        self.due = due
        self.failed = failed
        self.plannedTo = plannedTo
    }

    init(from json: inout JSONReader) throws(JSONError) {
        var due: [DueBrief]?, failed: [QueuedBriefs.Failed] = [], plannedTo: Timestamp?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "due": due = try json.value()
            case "failed": failed = try json.value()
            case "plannedTo": plannedTo = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            due: try json.require(due, "due"), failed: failed, plannedTo: try json.require(plannedTo, "plannedTo"))
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("due", due)
            $0.member("failed", failed)
            $0.member("plannedTo", plannedTo)
        }
    }
}

/// What became of one group.
struct QueuedBriefs: JSONCodable, Sendable {
    struct Failed: JSONCodable, Sendable {
        var user: String
        var reason: String

        init(user: String, reason: String) {
            self.user = user
            self.reason = reason
        }

        init(from json: inout JSONReader) throws(JSONError) {
            var user: String?, reason: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "user": user = try json.string()
                case "reason": reason = try json.string()
                default: try json.skip()
                }
            }
            self.init(user: try json.require(user, "user"), reason: try json.require(reason, "reason"))
        }

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("user", user)
                $0.member("reason", reason)
            }
        }
    }

    var queued = 0
    var failed: [Failed] = []
    var plannedTo: Timestamp?

    init() {}

    init(from json: inout JSONReader) throws(JSONError) {
        try json.object { key, json throws(JSONError) in
            switch key {
            case "queued": queued = try json.int()
            case "failed": failed = try json.value()
            case "plannedTo": plannedTo = try json.value()
            default: try json.skip()
            }
        }
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("queued", queued)
            $0.member("failed", failed)
            $0.member("plannedTo", ifPresent: plannedTo)
        }
    }
}

/// The result of an hour's planning.
struct PlannedBriefs: JSONEncodable, Sendable {
    var queued = 0
    var failed: [QueuedBriefs.Failed] = []
    /// Of a dry run.
    var due: [DueBrief]?
    var leftOut: [BriefPlanner.LeftOut]?
    var preferences: Int?
    var plannedTo: Timestamp?

    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("queued", queued)
            json.member("failed", failed)
            json.member("due", ifPresent: due)
            if let leftOut {
                json.member("leftOut") { json in
                    json.array { json in
                        for one in leftOut {
                            json.object {
                                $0.member("user", one.person)
                                $0.member("reason", one.reason)
                            }
                        }
                    }
                }
            }
            json.member("preferences", ifPresent: preferences)
            json.member("plannedTo", ifPresent: plannedTo)
        }
    }
}
