import Calendars
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import SchedulerService
@testable import Schedules

/// What a turn writes down after its wait for the runner, when somebody changed the schedule meanwhile.
@Suite struct ChangesTests {
    private let folder = TemporaryDirectory()
    private let store: Database
    private let now = Timestamp("2026-11-21T00:00:00Z")!

    init() throws {
        store = try Database.open(
            folder.file("scheduler.sqlite"), migrations: ScheduleStore.migrations, durability: .crash)
    }

    private func write(_ body: @escaping @Sendable (Connection) throws -> Void) throws {
        try store.writeBlocking(.crash, body)
    }

    private func put(_ name: String, at time: Timestamp? = nil, _ change: (inout ScheduleSpecification) -> Void) throws
    {
        var specification = ScheduleSpecification(name: name, job: JobSpecification(kind: "k"))
        specification.zone = "UTC"
        change(&specification)
        let rule = try ScheduleRule(specification, machine: "m")
        let time = time ?? now
        try write { try Scheduler.place($0, rule, file: nil, now: time) }
    }

    private func read(_ name: String) throws -> StoredSchedule {
        try store.readBlocking { try ScheduleStore.named($0, name) }
    }

    private func history(_ name: String) throws -> [ScheduleRun] {
        let id = try read(name).id
        return try store.readBlocking { try ScheduleStore.history($0, id, limit: 10_000) }
    }

    /// What a turn that began before has come to: its run is job 7.
    private func turn(_ schedule: StoredSchedule, nominal: Timestamp, _ job: Int64 = 7) -> Course {
        var course = Course(schedule: schedule)
        let begin = ScheduleCourse.Begin(nominal: Instant(nominal), start: Instant(nominal), isCatchUp: false)
        _ = course.take(.taken(JobID(job)), begin, at: nominal, isWatched: false)
        return course
    }

    private func write(_ course: Course, keep: Int = 100) throws {
        let now = now
        try write { try course.write($0, machine: "m", keep: keep, now: now) }
    }

    @Test func aPauseThatWasAcknowledgedStaysAndTheRunIsAdded() throws {
        try put("a") { $0.every = "1s" }
        let before = try read("a")
        try write { db in
            var schedule = try ScheduleStore.named(db, "a")
            schedule.pause(because: "holidays", until: nil)
            try ScheduleStore.advance(db, schedule, [], keep: 100, now: .epoch)
        }

        try write(turn(before, nominal: now + .seconds(1)))

        let after = try read("a")
        #expect(after.paused && after.pauseReason == "holidays" && after.due == nil)
        #expect(after.runs == 1 && after.lastJob == JobID(7) && after.cursor == Instant(now + .seconds(1)))
        #expect(try history("a").map(\.job) == [JobID(7)])
    }

    @Test func anotherRuleThatWasAcknowledgedStaysWithItsTimes() throws {
        try put("a") { $0.onCalendar = ["*-11-21 00:00:01"] }
        let before = try read("a")
        try put("a") { $0.every = "1s" }

        try write(turn(before, nominal: now + .seconds(1)))

        let after = try read("a")
        #expect(
            after.specification.every == "1s" && after.next == Instant(now + .seconds(2)) && after.due == after.next)
        #expect(after.runs == 1)
    }

    @Test func aScheduleThatWasRemovedStaysRemovedAndHarmsNoOther() throws {
        try put("other") { $0.every = "1s" }
        try put("a") { $0.every = "1s" }
        let (other, gone) = (try read("other"), try read("a"))
        try write { try ScheduleStore.remove($0, gone.id) }
        // One made anew has the number of the old one.
        try put("a", at: now + .milliseconds(1)) { $0.every = "1s" }
        try #require(try read("a").id == gone.id)

        let now = now
        let courses = [gone, other].map { turn($0, nominal: now + .seconds(1)) }
        try write { db in for course in courses { try course.write(db, machine: "m", keep: 100, now: now) } }

        #expect(try read("a").runs == 0 && history("a").isEmpty)
        #expect(try read("other").runs == 1 && history("other").count == 1)
        let byHand = RunRecord(nominal: Instant(now), cause: .manual, outcome: .submitted, job: JobID(8))
        try write { try ScheduleStore.record($0, gone, byHand, keep: 100, now: now) }
        #expect(try history("a").isEmpty)
    }

    @Test func eachHistoryIsTrimmedByItsOwnCount() throws {
        let names = ["a", "b", "by-hand"]
        for name in names { try put(name) { $0.every = "1s" } }
        let now = now
        // Two that share their times: each writes every other row.
        for second in 1...200 {
            for name in names.prefix(2) {
                try write(turn(try read(name), nominal: now + .seconds(second), Int64(second)), keep: 20)
            }
        }
        let schedule = try read("by-hand")
        for second in 1...200 {
            let run = RunRecord(
                nominal: Instant(now + .seconds(second)), cause: .manual, outcome: .submitted, job: JobID(9))
            try write { try ScheduleStore.record($0, schedule, run, keep: 20, now: now) }
        }
        for name in names {
            let runs = try history(name)
            #expect((20...36).contains(runs.count), "\(name): \(runs.count)")
            #expect(runs.first?.nominal == now + .seconds(200))
        }
    }

    @Test func aKeyThatIsTakenNamesTheRunsJob() {
        var error = RPCError(.alreadyExists, "taken", reason: "job.keyReused", field: "idempotencyKey")
        error.details = JSONRaw(unchecked: Array(#"{"job":173}"#.utf8))
        guard case .taken(JobID(173)) = RunnerDesk.answer(error) else { Issue.record("it is the same job"); return }
        error.details = nil
        guard case .beside = RunnerDesk.answer(error) else { Issue.record("a runner that does not name it"); return }
    }
}
