import Linux
import MillraceProtocol
import MillraceRPC
import Monitoring
import Plots
import StatusPage
import Telemetry

/// Gathers what the page shows: from the services, while they answer, and from what was published.
final class PageSource: Sendable {
    /// Jobs on a page of the list.
    static let pageSize = 100
    /// Pages of the list that can be turned to.
    static let pages = 200
    /// A picture of the suite is good for so long.
    static let fresh = Duration.seconds(1)
    /// What comes from the history changes once a minute.
    static let course = Duration.seconds(15)
    static let patience = Duration.seconds(2)

    private struct Kept {
        var states: [Int: (state: PageState, at: Duration)] = [:]
        var course: (course: PageCourse, at: Duration)?
        var day = DayBook()
    }

    private let watch: SuiteWatch
    private let history: History
    private let alerts: AlertDesk
    private let intake: Intake
    private let units: UnitFacts
    private let time: any TimeSource
    private let log: JobLog
    private let kept = Locked(Kept())

    init(
        watch: SuiteWatch, history: History, alerts: AlertDesk, intake: Intake, units: UnitFacts, state: String?,
        time: any TimeSource
    ) {
        self.watch = watch
        self.history = history
        self.alerts = alerts
        self.intake = intake
        self.units = units
        self.time = time
        log = JobLog(state: state, time: time)
    }

    /// Takes down what the day's figures of the kinds are made of.
    func note(_ families: [FamilySnapshot]) {
        let now = time.boot()
        kept.withLock { $0.day.note(families, now: now) }
    }

    /// - Parameter page: of the list of jobs, from 1.
    func overview(page: Int) async -> PageState {
        let now = time.boot()
        if let known = kept.withLock({ $0.states[page] }), now - known.at < Self.fresh { return known.state }
        let state = await gather(page)
        kept.withLock { kept in
            if kept.states.count > 20 { kept.states = [:] }
            kept.states[page] = (state, now)
        }
        return state
    }

    private func gather(_ page: Int) async -> PageState {
        async let members = watch.members()
        async let course = course()
        async let line = line(page)
        async let resources = resources()
        async let schedules = schedules()
        let families = intake.families()
        var state = PageState(now: time.wall())
        (state.page, state.pageSize) = (page, Self.pageSize)
        let past = await course
        state.services = Self.services(await members, families + units.families, intake.sources(), past)
        state.alerts = alerts.alerts.filter { $0.severity != .none }.map { alert in
            PageState.AlertRow(
                alert.key.rule, alert.summary, severity: alert.severity.rawValue, state: alert.state.rawValue,
                since: alert.since, muted: alert.muted)
        }
        let found = await line
        state.queues = found.queues.map { queue in
            var row = queue
            row.depth = past.depth[queue.name] ?? []
            return row
        }
        (state.jobs, state.jobsInAll) = (found.jobs, found.total)
        state.kinds = kept.withLock { $0.day.kinds(families) }
        state.resources = await resources
        state.schedules = await schedules
        state.plots = past.plots
        return state
    }

    private func course() async -> PageCourse {
        let now = time.boot()
        if let known = kept.withLock({ $0.course }), now - known.at < Self.course { return known.course }
        // Without a history there are no pictures, and the rest of the page is all the more wanted.
        let course = (try? await PageCourse.read(history, now: time.wall())) ?? PageCourse()
        kept.withLock { $0.course = (course, now) }
        return course
    }

    // MARK: - The services' own words

    /// Nil where the service is away, does not answer in time, or refuses.
    private func ask<M: RPCMethod>(_ method: M.Type, _ params: M.Params, _ service: KnownService) async -> M.Result? {
        try? await watch.client(of: service).call(method, params, options: CallOptions(timeout: Self.patience))
    }

    private struct Line {
        var queues: [PageState.Queue] = []
        var jobs: [PageState.Job] = []
        var total = 0
    }

    private func line(_ page: Int) async -> Line {
        var line = Line()
        guard let gates = await ask(QueueList.self, Empty(), .runner) else { return line }
        for queue in gates.queues {
            let waiting = queue.ready + queue.held + queue.scheduled
            line.total += waiting + queue.running
            guard waiting + queue.running > 0 || queue.state != .open else { continue }
            var row = PageState.Queue(queue.name, ready: waiting, running: queue.running)
            row.isPaused = queue.state != .open
            line.queues.append(row)
        }
        line.jobs = await withWhy(await jobs(page))
        return line
    }

    /// Those of a page: what runs first, then what waits, the newest first.
    private func jobs(_ page: Int) async -> [JobView] {
        let end = page * Self.pageSize
        var jobs: [JobView] = []
        for states in [[JobState.running], [.ready, .scheduled]] {
            var before: JobID?
            repeat {
                let limit = min(1000, end - jobs.count)
                guard limit > 0,
                    let part = await ask(JobList.self, .init(states: states, limit: limit, before: before), .runner)
                else { break }
                jobs += part.jobs
                before = part.nextBefore
            } while before != nil
        }
        return Array(jobs.dropFirst(end - Self.pageSize))
    }

    private func withWhy(_ jobs: [JobView]) async -> [PageState.Job] {
        // What waits is asked for its reason, the first ones only: a reason costs a look into the database.
        let asked = jobs.filter { $0.state != .running }.prefix(25).map(\.id)
        let reasons = await withTaskGroup(of: (JobID, String?).self) { tasks in
            for id in asked {
                tasks.addTask { (id, await self.ask(JobWhy.self, .init(id: id), .runner)?.reasons.first?.message) }
            }
            var all: [JobID: String] = [:]
            for await (id, reason) in tasks { all[id] = reason }
            return all
        }
        return jobs.map { Self.row($0, why: reasons[$0.id]) }
    }

    private static func row(_ job: JobView, why: String?) -> PageState.Job {
        PageState.Job(
            id: "\(job.id)", kind: job.kind, state: job.state.rawValue, done: job.items.ended, total: job.items.total,
            since: job.startedAt ?? job.submittedAt, why: job.state == .running ? nil : why ?? job.cause)
    }

    private func resources() async -> [PageState.Resource] {
        async let breakers = ask(BreakerList.self, Empty(), .runner)
        async let limits = ask(LimitList.self, Empty(), .runner)
        let states = Dictionary((await breakers)?.breakers.map { ($0.name, $0.state) } ?? []) { first, _ in first }
        let named = (await limits)?.limits.filter { $0.scope == .resource && $0.name != nil } ?? []
        let views = Dictionary(named.map { ($0.name!, $0) }) { first, _ in first }
        let tokens = Self.values("millrace_resource_tokens", by: "resource", intake.families())
        return Set(states.keys).union(views.keys).sorted().map { name in
            let most = views[name]?.burst.map(Double.init)
            return PageState.Resource(
                name, breaker: states[name].map(Self.word),
                tokens: most.flatMap { most in tokens[name].map { (left: $0, most: most) } },
                waiting: views[name]?.waitingNow ?? 0)
        }
    }

    private static func word(_ state: BreakerState) -> String {
        switch state {
        case .closed, .forcedClosed: "closed"
        case .open, .forcedOpen: "open"
        case .halfOpen: "half open"
        }
    }

    private func schedules() async -> [PageState.Schedule] {
        guard let list = await ask(ScheduleList.self, .init(limit: 1000), .scheduler) else { return [] }
        let horizon = time.wall() + .seconds(24 * 3600)
        let due = list.schedules.compactMap { view in view.nextAt.map { (view, $0) } }.filter { $0.1 < horizon }
        return due.sorted { $0.1 < $1.1 }.prefix(20).map { view, next in
            PageState.Schedule(
                view.schedule.name, kind: view.schedule.job.kind, next: next, zone: view.schedule.zone ?? "")
        }
    }

    // MARK: - What was published

    private static func services(
        _ members: [SuiteWatch.Member], _ families: [FamilySnapshot], _ sources: [Collector.SourceView],
        _ course: PageCourse
    ) -> [PageState.Service] {
        let memory = values("process_memory_bytes", by: "service", families)
        let restarts = values("millrace_service_restarts", by: "service", families)
        var rows = members.filter { !$0.isAbsent }.map { member in
            let name = member.service.name
            let silent = sources.first { $0.source.service == name && $0.isStale }
            let health: PageState.Health =
                switch member.verdict {
                case .ok: silent == nil ? .ok : .silent
                case .warn: silent == nil ? .warn : .silent
                case .fail: .fail
                }
            var row = PageState.Service(name, health, member.status?.statusLine ?? member.trouble ?? "")
            row.checks = (member.status?.checks ?? []).map { check in
                PageState.Check(
                    check.name, PageState.Health(rawValue: check.verdict.rawValue) ?? .warn, reason: check.reason)
            }
            row.uptime = member.status.map { .milliseconds($0.uptimeMs) }
            row.memory = memory[name]
            row.restarts = Int(restarts[name] ?? 0)
            row.requests = course.requests[name] ?? []
            return row
        }
        // Workers and others that publish and have no socket.
        let others = Dictionary(grouping: sources.filter { KnownService.named($0.source.service) == nil }) {
            $0.source.service
        }
        for (name, instances) in others.sorted(by: { $0.key < $1.key }) {
            let silent = instances.count(where: \.isStale)
            let noun = instances.count == 1 ? "1 process" : "\(instances.count) processes"
            var row = PageState.Service(
                name, silent == instances.count ? .silent : .ok, silent > 0 ? "\(noun), \(silent) silent" : noun)
            row.memory = memory[name]
            rows.append(row)
        }
        return rows
    }

    /// The sums of a family's values, by one of its labels.
    private static func values(_ name: String, by label: String, _ families: [FamilySnapshot]) -> [String: Double] {
        guard let family = families.first(where: { $0.description.name == name }),
            let place = family.description.labels.firstIndex(of: label)
        else { return [:] }
        return family.series.reduce(into: [:]) { sums, series in
            sums[series.labels[place], default: 0] += series.value.number ?? 0
        }
    }
}

// MARK: - One job

extension PageSource {
    /// Nil for a job that the runner does not know, or while it is away.
    func job(_ id: JobID) async -> JobPage? {
        async let reasons = ask(JobWhy.self, .init(id: id), .runner)
        guard
            let detail = await ask(
                JobShow.self, .init(id: id, items: true, attempts: true, limit: Self.pageSize), .runner)
        else { return nil }
        let job = detail.job
        var state = JobPage(
            now: time.wall(), job: Self.row(job, why: await reasons?.reasons.first?.message),
            correlation: job.correlationId, queue: job.queue)
        state.items = (detail.items ?? []).map {
            .init(key: $0.key, state: $0.state.rawValue, attempts: $0.attempts, cause: $0.error?.message)
        }
        state.itemsInAll = job.items.total
        state.attempts = (detail.attempts ?? []).map {
            .init(
                item: $0.item ?? $0.stage.rawValue, worker: $0.worker, started: $0.startedAt, ended: $0.endedAt,
                outcome: $0.cause ?? "running")
        }
        state.log = await log.lines(of: id)
        return state
    }
}
