import Calendars
import Linux
import MillraceProtocol
import MillraceStore
import Schedules

/// Taking what is due, again and again, until nothing is.
extension Scheduler {
    /// Schedules that are looked at in one go.
    static let batch = 1000
    /// Schedules that are dealt with side by side where the runner has to be asked about earlier jobs.
    static let sideBySide = 32
    /// Runs of one go that the journal names when they do not take place.
    static let told = 20

    /// Looks at what is due, now or as soon as that is done which is under way.
    func kick() {
        state.withLock { state in
            state.isKicked = true
            guard state.turning == nil, !state.isDraining else { return }
            state.turning = Task { await self.turn() }
        }
    }

    /// Turns until nothing is due. One task at a time does.
    private func turn() async {
        while takeKick() {
            do {
                if state.withLock({ state in
                    defer { state.needsRecount = false }
                    return state.needsRecount
                }) {
                    await recount()
                }
                while try await takeDue() {}
                try await setTimer()
                state.withLock { $0.lastFailure = nil }
            } catch {
                log.error("due runs were not dealt with: \(error)")
                state.withLock { $0.lastFailure = "\(error)" }
                wake(at: Instant(time.wall() + .seconds(1)))
            }
        }
    }

    private func takeKick() -> Bool {
        state.withLock { state in
            guard state.isKicked, !state.isDraining else {
                state.turning = nil
                return false
            }
            state.isKicked = false
            return true
        }
    }

    /// Deals with what is due, at most ``batch`` schedules; true when there may be more.
    func takeDue() async throws -> Bool {
        if let away = state.withLock({ $0.away }), away.until > time.boot() { return false }
        let now = Instant(time.wall())
        let due = try await store.read { try ScheduleStore.due($0, by: now, limit: Self.batch) }
        guard !due.isEmpty, !state.withLock({ $0.isDraining }) else { return false }
        let moved = await course(due, now: now)
        let (keep, machine, written) = (keep, machine, time.wall())
        try await store.write { db in
            for course in moved { try course.write(db, machine: machine, keep: keep, now: written) }
        }
        count(moved)
        return !moved.contains { $0.isAway }
    }

    private func setTimer() async throws {
        let next = try await store.read { try ScheduleStore.nextDue($0) }
        state.withLock { $0.nextDue = next }
        guard var next else { return }
        if let away = state.withLock({ $0.away }) {
            let pause = max(.zero, away.until - time.boot())
            next = max(next, Instant(time.wall() + pause + .milliseconds(1)))
        }
        wake(at: next)
    }

    private func wake(at instant: Instant) {
        guard let timer = state.withLock({ $0.timer }) else { return }
        do {
            try timer.set(instant.microseconds)
        } catch {
            log.error("the timer cannot be set: \(error)")
        }
    }

    private func count(_ courses: [Course]) {
        let wasAway = courses.first { $0.isAway }?.schedule.putOff
        let isBack = courses.contains { !$0.isAway && $0.runs.contains { $0.outcome == .submitted } }
        for run in courses.flatMap(\.runs) where run.cause == .due { run.lateness.map { latenesses.record($0) } }
        let (now, boot) = (time.wall(), time.boot())
        let news = state.withLock { state -> String? in
            for run in courses.flatMap(\.runs) {
                state.outcomes[run.outcome, default: 0] += 1
            }
            if let wasAway {
                let isNew = state.away == nil
                let pause = state.away.map { min($0.pause * 2, .seconds(15)) } ?? .milliseconds(250)
                state.away = (state.away?.since ?? now, wasAway, boot + pause, pause)
                return isNew ? "the runner is not there, runs that are due wait: \(wasAway)" : nil
            }
            guard isBack, let away = state.away else { return nil }
            state.away = nil
            return "the runner is back, it was away since \(away.since)"
        }
        if let news { log.notice("\(news)") }
        tell(courses)
    }

    /// What does not take place stands in the journal; of very many the first ones do.
    private func tell(_ courses: [Course]) {
        let lost = courses.lazy.flatMap { course in
            course.runs.lazy.filter { $0.outcome == .missed || $0.outcome == .refused }.map {
                (course.schedule.specification.name, $0)
            }
        }
        for (name, run) in lost.prefix(Self.told) {
            let note = run.note.map { ": \($0)" } ?? ""
            log.warning(
                "schedule \(name) has \(run.outcome == .missed ? "missed" : "been refused") its run of \(run.nominal)\(note)",
                metadata: ["schedule": "\(name)"])
        }
        let more = lost.dropFirst(Self.told).count
        if more > 0 { log.warning("\(more) more runs were missed or refused; schedule.show has them") }
    }
}
