import Calendars
import Linux
import MillraceProtocol
import MillraceStore
import Schedules

/// Runs by hand, runs after the event, and what is to come.
extension Scheduler {
    /// Submits the job now, beside the schedule's times. A call that is repeated with its key is answered with the run of the
    /// first one.
    func trigger(_ name: String, key: String?) async throws -> ScheduleTrigger.Result {
        let schedule = try await store.read { try ScheduleStore.named($0, name) }
        let rule = try Self.rule(schedule, machine)
        let now = time.wall()
        let nominal = Instant(now)
        var job = ScheduledJob.specification(of: rule, nominal: nominal, cause: .manual, created: schedule.createdAt)
        job.idempotencyKey = "schedule/\(name)/manual/\(key ?? Identifier.random())"
        switch await runner.submit(job) {
        case .taken(let job):
            let run = RunRecord(nominal: nominal, cause: .manual, outcome: .submitted, job: job)
            let keep = keep
            let first = try await store.write { db -> ScheduleRun? in
                // Looked for here, so that of calls side by side one alone writes it down.
                if key != nil, let first = try ScheduleStore.manualRun(db, schedule.id, of: job) { return first }
                try ScheduleStore.record(db, schedule, run, keep: keep, now: now)
                return nil
            }
            return ScheduleTrigger.Result(run: first ?? run.view(at: now))
        case .beside(let why):
            throw RPCError(.alreadyExists, why, reason: "job.uniqueTaken")
        case .refused(let why):
            throw RPCError(.failedPrecondition, "the runner refuses the job: \(why)", reason: "schedule.refused")
        case .later(let why, let wait):
            throw RPCError(
                .unavailable, "not now: \(why)", reason: "schedule.later", retryAfterMs: Int(wait.milliseconds))
        case .away(let why):
            throw RPCError(.unavailable, "the runner is not there: \(why)", reason: "runner.away", retryAfterMs: 1000)
        }
    }

    /// Nominal times done in one call.
    static let backfillLimit = 1000

    func backfill(_ params: ScheduleBackfill.Params) async throws -> ScheduleBackfill.Result {
        let now = time.wall()
        guard params.from < params.to else {
            throw ScheduleError.invalid(field: "to", "the range ends before it begins")
        }
        guard params.to <= now else {
            throw ScheduleError.invalid(field: "to", "a range that is over can be backfilled; \(params.to) is to come")
        }
        let schedule = try await store.read { try ScheduleStore.named($0, params.name) }
        let rule = try Self.rule(schedule, machine)
        let (times, already, more) = try await store.read { db in
            var (times, already): ([Instant], Int) = ([], 0)
            var last = Instant(microseconds: Instant(params.from).microseconds - 1)
            while times.count < Self.backfillLimit, already < 100_000, let run = rule.next(after: last),
                run < Instant(params.to)
            {
                if try ScheduleStore.hasRun(db, schedule.id, run) { already += 1 } else { times.append(run) }
                last = run
            }
            return (times, already, rule.next(after: last).map { $0 < Instant(params.to) } ?? false)
        }
        if params.dryRun == true {
            let runs = times.map { RunRecord(nominal: $0, cause: .backfill, outcome: .submitted).view(at: now) }
            return ScheduleBackfill.Result(runs: runs, already: already, more: more)
        }
        let done = try await fill(times, rule, schedule)
        return ScheduleBackfill.Result(
            runs: done.map { $0.view(at: now) }, already: already, more: more || done.count < times.count)
    }

    private func fill(_ times: [Instant], _ rule: ScheduleRule, _ schedule: StoredSchedule) async throws -> [RunRecord]
    {
        var done: [RunRecord] = []
        var before: JobID?
        let isChained = (schedule.specification.whileRunning ?? .skip) != .allowAll
        for nominal in times {
            var job = ScheduledJob.specification(
                of: rule, nominal: nominal, cause: .backfill, created: schedule.createdAt)
            if isChained, let before {
                job.after = [before]
                job.afterMode = .always
            }
            var record = RunRecord(nominal: nominal, cause: .backfill, outcome: .submitted)
            switch await runner.submit(job) {
            case .taken(let id):
                record.job = id
                before = id
            case .beside(let why):
                record.outcome = .skipped
                record.note = why
            case .refused(let why):
                record.outcome = .refused
                record.note = why
            case .later(let why, _), .away(let why):
                guard !done.isEmpty else {
                    throw RPCError(.unavailable, "nothing was submitted: \(why)", reason: "runner.away")
                }
                return done
            }
            let (run, keep, now) = (record, keep, time.wall())
            try await store.write { try ScheduleStore.record($0, schedule, run, keep: keep, now: now) }
            done.append(record)
        }
        return done
    }

    // MARK: What is to come

    func why(_ name: String) async throws -> ScheduleWhy.Result {
        let now = time.wall()
        let (schedule, history) = try await store.read { db in
            let schedule = try ScheduleStore.named(db, name)
            return (schedule, try ScheduleStore.history(db, schedule.id, limit: 1))
        }
        var reasons: [ScheduleReason] = []
        if schedule.paused {
            reasons.append(
                ScheduleReason(word: .paused, text: schedule.pauseReason ?? "paused", until: schedule.pausedUntil))
        } else if let due = schedule.due {
            let away = state.withLock { $0.away }
            if due <= Instant(now), let away {
                reasons.append(
                    ScheduleReason(
                        word: .runnerAway,
                        text: "a run is due and the runner is not there since \(away.since): \(away.message); "
                            + "it is asked again within \(TimeSpan.text(.seconds(15)))"))
            } else if let why = schedule.putOff {
                let since = schedule.putOffSince.map { " since \($0)" } ?? ""
                reasons.append(
                    ScheduleReason(
                        word: .refused, text: "a run is due and put off\(since): \(why)", until: due.timestamp))
            } else if due <= Instant(now) {
                reasons.append(ScheduleReason(word: .due, text: "a run is due and about to be submitted"))
            } else {
                let nominal = schedule.next.map { "the next run is that of \($0)" } ?? "it is looked at again"
                reasons.append(ScheduleReason(word: .waits, text: nominal, until: due.timestamp))
            }
        } else {
            let limit = schedule.specification.limit.map { schedule.runs >= $0 } ?? false
            reasons.append(
                ScheduleReason(
                    word: .over,
                    text: limit ? "all \(schedule.runs) runs that its limit allows have been" : "no run follows"))
        }
        if let last = history.first, last.outcome != .submitted {
            reasons.append(
                ScheduleReason(
                    word: .leftOut,
                    text: "the run of \(last.nominal) was \(last.outcome.rawValue)\(last.note.map { ": \($0)" } ?? "")")
            )
        }
        return ScheduleWhy.Result(reasons: reasons)
    }

    func load(_ params: ScheduleLoad.Params) async throws -> ScheduleLoad.Result {
        let step = try within(params.stepMs ?? 3_600_000, 60_000...86_400_000, "stepMs")
        let steps = try within(params.steps ?? 24, 1...200, "steps")
        let from = params.from ?? time.wall()
        let end = Instant(from + .milliseconds(step * steps))
        var tally = LoadTally(steps: steps)
        var after = ""
        while tally.isOpen {
            let last = after
            let page = try await store.read { try ScheduleStore.list($0, prefix: "", after: last, limit: 1000) }
            guard let name = page.last?.specification.name else { break }
            for schedule in page where !schedule.paused && schedule.next != nil {
                let rule = try Self.rule(schedule, machine)
                var run = rule.next(after: max(schedule.cursor, Instant(microseconds: Instant(from).microseconds - 1)))
                var left = schedule.specification.limit.map { $0 - schedule.runs } ?? .max
                while let nominal = run, nominal < end, left > 0, tally.isOpen {
                    left -= 1
                    let start = rule.start(of: nominal).microseconds - Instant(from).microseconds
                    tally.add(schedule.specification.name, at: Int(start / (Int64(step) * 1000)))
                    run = rule.next(after: nominal)
                }
                tally.endSchedule()
            }
            after = name
            await Task.yield()
        }
        return ScheduleLoad.Result(
            from: from, stepMs: step, counts: tally.counts, busiest: tally.busiest.map(\.name), complete: tally.isOpen)
    }
}

/// Runs to come, counted by parts of a time.
private struct LoadTally {
    /// Runs that are counted at most.
    static let limit = 5_000_000

    private(set) var counts: [Int]
    private(set) var busiest: [(name: String, count: Int)]
    private var own: [Int: Int] = [:]
    private var name = ""
    private var total = 0

    init(steps: Int) {
        counts = Array(repeating: 0, count: steps)
        busiest = Array(repeating: ("", 0), count: steps)
    }

    var isOpen: Bool { total < Self.limit }

    mutating func add(_ name: String, at index: Int) {
        guard counts.indices.contains(index) else { return }
        self.name = name
        counts[index] += 1
        total += 1
        own[index, default: 0] += 1
    }

    mutating func endSchedule() {
        for (index, count) in own where count > busiest[index].count { busiest[index] = (name, count) }
        own.removeAll(keepingCapacity: true)
    }
}
