import Calendars
import Linux
import MillraceProtocol
import MillraceStore
import Schedules

/// What becomes of one schedule that is due.
struct Course: Sendable {
    var schedule: StoredSchedule
    var runs: [RunRecord] = []
    /// Jobs whose end is known now.
    var settled: [JobID] = []
    /// No runner was there; everything that is left waits.
    var isAway = false

    /// Where the schedule stands once all that is to begin has begun.
    fileprivate var plan: ScheduleCourse?
    fileprivate var rule: ScheduleRule?

    init(schedule: StoredSchedule) { self.schedule = schedule }
}

extension Scheduler {
    /// Decides, submits, and says where each schedule stands after. Groups go side by side, so that the first are on their
    /// way while the others are being decided.
    func course(_ due: [StoredSchedule], now: Instant) async -> [Course] {
        await withTaskGroup(of: [Course].self) { group in
            for start in stride(from: 0, to: due.count, by: RunnerDesk.batch) {
                let part = Array(due[start..<min(start + RunnerDesk.batch, due.count)])
                group.addTask { await self.courseTogether(part, now: now) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func courseTogether(_ due: [StoredSchedule], now: Instant) async -> [Course] {
        var courses = due.map { plan($0, now: now) }
        let beginning = courses.indices.filter { courses[$0].plan?.begin.isEmpty == false }
        let free = await thoseFree(beginning.lazy.map { courses[$0] }.filter(looksBack))
        let simple = beginning.filter { !looksBack(courses[$0]) || free.contains(courses[$0].schedule.id) }
        let others = beginning.filter { looksBack(courses[$0]) && !free.contains(courses[$0].schedule.id) }
        await submitSideBySide(&courses, simple)
        await withTaskGroup(of: (Int, Course).self) { group in
            var waiting = others[...]
            var running = 0
            while running > 0 || !waiting.isEmpty {
                while running < Self.sideBySide, let index = waiting.popFirst() {
                    let course = courses[index]
                    group.addTask { (index, await self.submitInTurn(course)) }
                    running += 1
                }
                guard let (index, course) = await group.next() else { break }
                courses[index] = course
                running -= 1
            }
        }
        return courses.map(concluded)
    }

    /// Whether earlier jobs of the schedule decide about the next.
    private func looksBack(_ course: Course) -> Bool {
        let specification = course.schedule.specification
        return (specification.whileRunning ?? .skip) != .allowAll || specification.pauseAfterFailures != nil
    }

    /// Schedules with one run to begin whose job before is over, so that it decides nothing: asked for all in one call. The rest
    /// is asked about one by one.
    private func thoseFree(_ courses: some Sequence<Course>) async -> Set<Int64> {
        let single = courses.map { ($0.schedule, $0.plan?.begin.count ?? 0) }
            .filter { $0.1 == 1 && $0.0.specification.pauseAfterFailures == nil }.map(\.0)
        guard !single.isEmpty else { return [] }
        do {
            let states = try await runner.states(of: single.compactMap(\.lastJob))
            return Set(
                single.filter { schedule in
                    guard let job = schedule.lastJob, let state = states[job] else { return true }
                    return state.isFinal
                }.map(\.id))
        } catch {
            // Whoever asks next finds out why, and says it.
            return []
        }
    }

    // MARK: Deciding

    private func plan(_ schedule: StoredSchedule, now: Instant) -> Course {
        var course = Course(schedule: schedule)
        if schedule.paused {
            guard let until = schedule.pausedUntil, Instant(until) <= now else {
                course.schedule.due = schedule.pausedUntil.map { Instant($0) }
                return course
            }
            course.schedule.resume(at: now)
        }
        let rule: ScheduleRule
        do throws(ScheduleFault) {
            rule = try ScheduleRule(schedule.specification, machine: machine)
        } catch {
            course.schedule.hasNoTimes(because: error, time.wall())
            return course
        }
        let grace = state.withLock { $0.configuration.grace }
        let plan = ScheduleCourse(
            rule, cursor: course.schedule.cursor, runs: schedule.runs, now: now, sinceBoot: time.boot(), grace: grace)
        if let missed = plan.missed {
            let count = missed.count == ScheduleCourse.countLimit ? "at least \(missed.count)" : "\(missed.count)"
            course.note(
                RunRecord(
                    nominal: missed.last, cause: .due, outcome: .missed,
                    note: missed.count == 1 ? nil : "\(count) times from \(missed.first) on"))
        }
        if plan.begin.isEmpty { course.schedule.stand(at: plan, of: rule) }
        course.plan = plan
        course.rule = rule
        return course
    }

    /// Where a schedule stands whose runs have all begun.
    private func concluded(_ course: Course) -> Course {
        var course = course
        course.plan = nil
        course.rule = nil
        return course
    }

    // MARK: Submitting

    /// Runs that have nothing to do with earlier ones, many in one call.
    private func submitSideBySide(_ courses: inout [Course], _ indices: [Int]) async {
        var entries: [(course: Int, begin: ScheduleCourse.Begin, job: JobSpecification)] = []
        for index in indices {
            guard let plan = courses[index].plan, let rule = courses[index].rule else { continue }
            for begin in plan.begin { entries.append((index, begin, job(rule, begin, courses[index].schedule))) }
        }
        let jobs = entries.map(\.job)
        let chunks = stride(from: 0, to: jobs.count, by: RunnerDesk.batch).map {
            Array(jobs[$0..<min($0 + RunnerDesk.batch, jobs.count)])
        }
        let answers = await withTaskGroup(of: (Int, [RunnerDesk.Answer], Timestamp).self) { group in
            for (number, chunk) in chunks.enumerated() {
                group.addTask { (number, await self.runner.submit(chunk), self.time.wall()) }
            }
            var answers: [Int: ([RunnerDesk.Answer], Timestamp)] = [:]
            for await (number, chunk, at) in group { answers[number] = (chunk, at) }
            return chunks.indices.flatMap { number in
                (answers[number]?.0 ?? []).map { ($0, answers[number]?.1 ?? .epoch) }
            }
        }
        var stopped: Set<Int> = []
        for (entry, (answer, at)) in zip(entries, answers) where !stopped.contains(entry.course) {
            if !courses[entry.course].take(answer, entry.begin, at: at, isWatched: false) {
                stopped.insert(entry.course)
            }
        }
        for index in indices where !stopped.contains(index) {
            guard let plan = courses[index].plan, let rule = courses[index].rule else { continue }
            courses[index].schedule.stand(at: plan, of: rule)
        }
    }

    /// Runs of one schedule one after the other, each after a look at those before it.
    private func submitInTurn(_ course: Course) async -> Course {
        var course = course
        guard let plan = course.plan, let rule = course.rule else { return course }
        for (number, begin) in plan.begin.enumerated() {
            var job = job(rule, begin, course.schedule)
            do {
                if number > 0, try await hasChanged(course.schedule) { return course }
                guard try await mayGoOn(&course, begin) else { return course }
                switch try await relation(of: course.schedule) {
                case .free: break
                case .after(let other):
                    job.after = [other]
                    job.afterMode = .always
                case .cancel(let other):
                    try await runner.cancel(other, reason: "the schedule \(rule.specification.name) runs again")
                case .skip(let why):
                    course.note(RunRecord(nominal: begin.nominal, cause: begin.cause, outcome: .skipped, note: why))
                    continue
                }
            } catch {
                _ = course.take(RunnerDesk.answer(error), begin, at: time.wall(), isWatched: false)
                return course
            }
            let answer = await runner.submit(job)
            let isWatched = rule.specification.pauseAfterFailures != nil
            guard course.take(answer, begin, at: time.wall(), isWatched: isWatched) else { return course }
        }
        course.schedule.stand(at: plan, of: rule)
        return course
    }

    private func job(_ rule: ScheduleRule, _ begin: ScheduleCourse.Begin, _ schedule: StoredSchedule)
        -> JobSpecification
    {
        ScheduledJob.specification(of: rule, nominal: begin.nominal, cause: begin.cause, created: schedule.createdAt)
    }

    /// Whether somebody paused, put anew or removed the schedule since the turn began.
    private func hasChanged(_ schedule: StoredSchedule) async throws -> Bool {
        try await store.read { try ScheduleStore.current($0, schedule)?.revision } != schedule.revision
    }

    /// Counts failures that have become known; false when they pause the schedule.
    private func mayGoOn(_ course: inout Course, _ begin: ScheduleCourse.Begin) async throws -> Bool {
        guard let limit = course.schedule.specification.pauseAfterFailures else { return true }
        let id = course.schedule.id
        let settled = Set(course.settled)
        for job in try await store.read({ try ScheduleStore.unsettled($0, id, limit: 100) })
        where !settled.contains(job) {
            switch try await runner.state(of: job) {
            case .failed?: course.schedule.failures += 1
            case .succeeded?, .partial?: course.schedule.failures = 0
            case .cancelled?, nil: break
            case .scheduled?, .ready?, .running?: continue
            }
            course.settled.append(job)
        }
        guard course.schedule.failures >= limit else { return true }
        course.schedule.pause(
            because: "\(course.schedule.failures) failures in a row; mend the cause, then resume it", until: nil)
        let name = course.schedule.specification.name
        log.warning(
            "schedule \(name) pauses itself after \(course.schedule.failures) failures",
            metadata: ["schedule": "\(name)"])
        return false
    }

    private enum Relation {
        case free, after(JobID), cancel(JobID), skip(String)
    }

    /// What the job before means for the next.
    private func relation(of schedule: StoredSchedule) async throws -> Relation {
        let policy = schedule.specification.whileRunning ?? .skip
        guard policy != .allowAll, let last = schedule.lastJob, let state = try await runner.state(of: last),
            !state.isFinal
        else { return .free }
        switch policy {
        case .skip: return .skip("job \(last) is not over")
        case .bufferOne:
            return state == .running ? .after(last) : .skip("job \(last) waits already")
        case .bufferAll: return .after(last)
        case .cancelOther: return .cancel(last)
        case .allowAll: return .free
        }
    }
}

extension Course {
    /// Notes a run and moves the schedule on.
    mutating func note(_ run: RunRecord) {
        runs.append(run)
        schedule.note(run)
    }

    /// Writes down what was decided, in one transaction of the caller's.
    ///
    /// Whoever changed the schedule since the turn began has his answer: the change holds, and what the turn has begun by the
    /// rule of before is added to it. Of a schedule that was removed nothing is written.
    ///
    /// - Parameters:
    ///   - machine: what its jitter is stable for.
    ///   - keep: so many runs stay in the history.
    func write(_ db: Connection, machine: String, keep: Int, now: Timestamp) throws {
        if try ScheduleStore.advance(db, schedule, runs, keep: keep, now: now) {
            return try ScheduleStore.settle(db, schedule.id, settled)
        }
        // Ends of earlier jobs are looked at again, by the rule of now.
        guard var changed = try ScheduleStore.current(db, schedule) else { return }
        for run in runs { changed.note(run) }
        do throws(ScheduleFault) {
            changed.stand(by: try ScheduleRule(changed.specification, machine: machine))
        } catch {
            changed.hasNoTimes(because: error, now)
        }
        try ScheduleStore.advance(db, changed, runs, keep: keep, now: now)
    }

    /// What the runner's answer means; false when the rest of the schedule's runs has to wait.
    mutating func take(
        _ answer: RunnerDesk.Answer, _ begin: ScheduleCourse.Begin, at time: Timestamp, isWatched: Bool
    ) -> Bool {
        let lateness = Duration.microseconds(max(0, Instant(time).microseconds - begin.start.microseconds))
        switch answer {
        case .taken(let job):
            note(
                RunRecord(
                    nominal: begin.nominal, cause: begin.cause, outcome: .submitted, job: job, lateness: lateness,
                    isWatched: isWatched))
            return true
        case .beside(let why):
            note(RunRecord(nominal: begin.nominal, cause: begin.cause, outcome: .skipped, note: why))
            return true
        case .refused(let why):
            note(RunRecord(nominal: begin.nominal, cause: begin.cause, outcome: .refused, note: why))
            return !schedule.paused
        case .later(let why, let wait):
            schedule.next = begin.nominal
            schedule.putOff(why, until: Instant(time), wait, time)
            return false
        case .away(let why):
            schedule.next = begin.nominal
            schedule.putOff = why
            schedule.putOffSince = schedule.putOffSince ?? time
            isAway = true
            return false
        }
    }
}

extension ScheduleCourse.Begin {
    var cause: ScheduleCause { isCatchUp ? .catchUp : .due }
}

extension StoredSchedule {
    /// What a run that is decided means for the schedule.
    mutating func note(_ run: RunRecord) {
        pass(run.nominal)
        guard run.outcome != .missed else { return }
        putOff = nil
        putOffSince = nil
        switch run.outcome {
        case .submitted:
            runs += 1
            lastNominal = run.nominal
            lastJob = run.job
        case .refused:
            failures += 1
            guard !paused, let limit = specification.pauseAfterFailures, failures >= limit else { return }
            let last = run.note.map { ", the last: \($0)" } ?? ""
            pause(because: "\(failures) failures in a row\(last)", until: nil)
        case .skipped, .missed: break
        }
    }

    /// Its next time is worked out anew from where it stands.
    mutating func stand(by rule: ScheduleRule) {
        next = rule.next(after: cursor)
        putOff = nil
        putOffSince = nil
        guard !paused else { return }
        due = next.map(rule.start)
    }

    /// All that was to begin has begun, or was left out.
    mutating func stand(at plan: ScheduleCourse, of rule: ScheduleRule) {
        cursor = max(cursor, plan.cursor)
        guard !paused else { return }
        next = plan.next
        due = plan.due
        // What was left out or refused does not count towards the limit at which the plan ends.
        if due == nil, let limit = specification.limit, runs < limit, let following = rule.next(after: cursor) {
            next = following
            due = rule.start(of: following)
        }
        putOff = nil
        putOffSince = nil
    }

    mutating func pause(because reason: String, until: Timestamp?) {
        paused = true
        pauseReason = reason
        pausedUntil = until
        due = until.map { Instant($0) }
    }

    /// What fell into the pause does not take place.
    mutating func resume(at now: Instant) {
        paused = false
        pausedUntil = nil
        pauseReason = nil
        failures = 0
        pass(now)
    }

    /// All times up to here are decided.
    mutating func pass(_ instant: Instant) {
        cursor = max(cursor, instant)
        if let next, next <= cursor { self.next = nil }
    }

    /// The zone has gone, for instance: it is asked again in a while.
    mutating func hasNoTimes(because fault: ScheduleFault, _ now: Timestamp) {
        next = nil
        guard !paused else { return }
        putOff("its times cannot be worked out: \(fault)", until: Instant(now), .seconds(60), now)
    }

    mutating func putOff(_ why: String, until now: Instant, _ wait: Duration, _ time: Timestamp) {
        putOff = why
        putOffSince = putOffSince ?? time
        due = Instant(microseconds: now.microseconds + wait.nanoseconds / 1000)
    }
}
