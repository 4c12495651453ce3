import Calendars
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Schedules

/// The wire side of the scheduler: what is read and changed.
extension Scheduler {
    func register(on router: inout RPCRouter) {
        router.on(SchedulePut.self) { [self] params, _ in try await put(params.schedule) }
        router.on(ScheduleList.self) { [self] params, _ in
            let limit = try within(params.limit ?? 100, 1...1000, "limit")
            return try await store.read { db in
                ScheduleList.Result(
                    schedules: try ScheduleStore.list(
                        db, prefix: params.prefix ?? "", after: params.after ?? "", limit: limit
                    ).map(\.view), total: try ScheduleStore.count(db))
            }
        }
        router.on(ScheduleShow.self) { [self] params, _ in
            let limit = try within(params.limit ?? 20, 1...1000, "limit")
            return try await store.read { db in
                let schedule = try ScheduleStore.named(db, params.name)
                return ScheduleShow.Result(
                    schedule: schedule.view, history: try ScheduleStore.history(db, schedule.id, limit: limit))
            }
        }
        router.on(ScheduleNext.self) { [self] params, _ in try await next(params) }
        router.on(SchedulePause.self) { [self] params, _ in
            let now = time.wall()
            if let until = params.until, until <= now {
                throw ScheduleError.invalid(field: "until", "\(until) is over already")
            }
            if let reason = params.reason, reason.unicodeScalars.count > 200 {
                throw ScheduleError.invalid(field: "reason", "a reason has at most 200 characters")
            }
            return try await change(params.name) { schedule in
                schedule.pause(because: params.reason ?? "paused by hand", until: params.until)
            }
        }
        router.on(ScheduleResume.self) { [self] params, _ in
            let (now, machine) = (Instant(time.wall()), machine)
            return try await change(params.name) { schedule in
                guard schedule.paused else { return }
                schedule.resume(at: now)
                schedule.stand(by: try Self.rule(schedule, machine))
            }
        }
        router.on(ScheduleTrigger.self) { [self] params, context in
            try await trigger(params.name, key: context.meta.idempotencyKey)
        }
        router.on(ScheduleRemove.self) { [self] params, _ in
            try await store.write { db in
                let schedule = try ScheduleStore.named(db, params.name)
                if let file = schedule.file { throw ScheduleError.declared(params.name, file: file, field: "name") }
                try ScheduleStore.remove(db, schedule.id)
            }
            try await count()
            return Done()
        }
        router.on(ScheduleBackfill.self) { [self] params, _ in try await backfill(params) }
        router.on(ScheduleWhy.self) { [self] params, _ in try await why(params.name) }
        router.on(ScheduleLoad.self) { [self] params, _ in try await load(params) }
    }

    func within(_ value: Int, _ range: ClosedRange<Int>, _ field: String) throws(ScheduleError) -> Int {
        guard range.contains(value) else {
            throw .invalid(field: field, "\(field) is \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return value
    }

    static func rule(_ schedule: StoredSchedule, _ machine: String) throws(ScheduleError) -> ScheduleRule {
        do {
            return try ScheduleRule(schedule.specification, machine: machine)
        } catch {
            throw ScheduleError(error, at: "")
        }
    }

    private func put(_ specification: ScheduleSpecification) async throws -> ScheduleView {
        let rule: ScheduleRule
        do {
            rule = try ScheduleRule(specification, machine: machine)
        } catch {
            throw ScheduleError(error, at: "schedule.")
        }
        let (now, limit) = (time.wall(), state.withLock { $0.configuration.schedules })
        let view = try await store.write { db in
            let exists = try db.first(
                "SELECT coalesce(file, '') FROM schedule WHERE name = ?", .text(specification.name)
            ) { $0.text(0) }
            if let file = exists, !file.isEmpty {
                throw ScheduleError.declared(specification.name, file: file, field: "schedule.name")
            }
            if exists == nil, try ScheduleStore.count(db) >= limit { throw ScheduleError.full(limit: limit) }
            try Self.place(db, rule, file: nil, now: now)
            return try ScheduleStore.named(db, specification.name).view
        }
        try await count()
        kick()
        return view
    }

    /// Changes where a schedule stands.
    private func change(
        _ name: String, _ body: @escaping @Sendable (inout StoredSchedule) throws -> Void
    ) async throws -> ScheduleView {
        let (keep, now) = (keep, time.wall())
        let view = try await store.write { db in
            var schedule = try ScheduleStore.named(db, name)
            try body(&schedule)
            try ScheduleStore.advance(db, schedule, [], keep: keep, now: now)
            return schedule.view
        }
        kick()
        return view
    }

    private func next(_ params: ScheduleNext.Params) async throws -> ScheduleNext.Result {
        let count = try within(params.count ?? 5, 1...1000, "count")
        let schedule = try await store.read { try ScheduleStore.named($0, params.name) }
        let rule = try Self.rule(schedule, machine)
        let from = params.after.map { Instant($0) } ?? max(schedule.cursor, Instant(time.wall()))
        let left = schedule.specification.limit.map { max(0, $0 - schedule.runs) } ?? .max
        var runs: [ScheduleMoment] = []
        var last = from
        while runs.count < min(count, left), let run = rule.next(after: last) {
            let wall = Preview.Run(run, in: rule.zone)
            runs.append(
                ScheduleMoment(nominal: run.timestamp, at: rule.start(of: run).timestamp, local: wall.description))
            last = run
        }
        let preview = Preview(rule.recurrence, in: rule.zone, after: from, count: 0)
        return ScheduleNext.Result(
            zone: rule.zone.name, runs: runs, changes: preview.changes.map(\.description))
    }
}
