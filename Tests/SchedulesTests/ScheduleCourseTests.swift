import Calendars
import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Schedules

private func at(_ text: String) -> Instant {
    guard let instant = Instant(text) else { preconditionFailure("no instant: \(text)") }
    return instant
}

private func rule(_ change: (inout ScheduleSpecification) -> Void) throws -> ScheduleRule {
    var specification = ScheduleSpecification(name: "s", job: JobSpecification(kind: "k"))
    specification.zone = "UTC"
    change(&specification)
    return try ScheduleRule(specification, machine: "m")
}

private func course(
    _ rule: ScheduleRule, from cursor: String, now: String, runs: Int = 0, sinceBoot: Duration = .seconds(86_400)
) -> ScheduleCourse {
    ScheduleCourse(
        rule, cursor: at(cursor), runs: runs, now: at(now), sinceBoot: sinceBoot, grace: .seconds(60))
}

struct ScheduleCourseTests {
    private func hourly(_ catchUp: ScheduleCatchUp?) throws -> ScheduleRule {
        try rule {
            $0.onCalendar = ["hourly"]
            $0.catchUp = catchUp
        }
    }

    @Test func nothingBeginsBeforeItsTimeAndExactlyThenItDoes() throws {
        let rule = try hourly(nil)
        let before = course(rule, from: "2026-01-01T00:00:00Z", now: "2026-01-01T00:59:59.999999Z")
        #expect(
            before.begin.isEmpty && before.due == at("2026-01-01T01:00:00Z")
                && before.cursor == at("2026-01-01T00:00:00Z"))
        let then = course(rule, from: "2026-01-01T00:00:00Z", now: "2026-01-01T01:00:00Z")
        #expect(then.begin.map(\.nominal) == [at("2026-01-01T01:00:00Z")] && then.begin.first?.isCatchUp == false)
        #expect(then.cursor == at("2026-01-01T01:00:00Z") && then.next == at("2026-01-01T02:00:00Z"))
    }

    @Test(arguments: [
        (ScheduleCatchUp(.none), [], 5), (ScheduleCatchUp(.last), ["05"], 4),
        (ScheduleCatchUp(.all), ["01", "02", "03", "04", "05"], 0),
        (ScheduleCatchUp(.window, spanMs: 7_200_000), ["04", "05"], 3),
    ])
    func whatWasMissedIsCaughtUpByThePolicy(policy: ScheduleCatchUp, hours: [String], missed: Int) throws {
        let found = course(try hourly(policy), from: "2026-01-01T00:00:00Z", now: "2026-01-01T05:30:00Z")
        #expect(found.begin.map(\.nominal) == hours.map { at("2026-01-01T\($0):00:00Z") })
        let caughtUp = found.begin.filter(\.isCatchUp).count
        #expect(caughtUp == hours.count)
        let left = found.missed?.count ?? 0
        #expect(left == missed)
        #expect(found.cursor == at("2026-01-01T05:00:00Z") && found.due == at("2026-01-01T06:00:00Z"))
    }

    @Test func theLastIsNotCaughtUpWhereOneIsDueAnyway() throws {
        let found = course(
            try hourly(.init(.last)), from: "2026-01-01T00:00:00Z", now: "2026-01-01T05:00:10Z")
        #expect(found.begin.map(\.nominal) == [at("2026-01-01T05:00:00Z")])
        #expect(found.begin.first?.isCatchUp == false && found.missed?.count == 4)
    }

    @Test func atARateOneIsCaughtUpAfterTheOther() throws {
        let rule = try hourly(.init(.rate, spanMs: 10_000))
        var cursor = "2026-01-01T00:00:00Z"
        for (hour, second) in [("01", "00"), ("02", "10"), ("03", "20")] {
            let now = "2026-01-01T05:30:\(second)Z"
            let found = course(rule, from: cursor, now: now)
            #expect(found.begin.map(\.nominal) == [at("2026-01-01T\(hour):00:00Z")])
            #expect(found.due == Instant(microseconds: at(now).microseconds + 10_000_000))
            cursor = found.cursor.description
        }
    }

    @Test func nothingIsCaughtUpSoonAfterTheBoot() throws {
        let rule = try hourly(.init(.all, afterBootMs: 60_000))
        let early = course(rule, from: "2026-01-01T00:00:00Z", now: "2026-01-01T05:30:00Z", sinceBoot: .seconds(20))
        #expect(early.begin.isEmpty && early.cursor == at("2026-01-01T00:00:00Z"))
        #expect(early.due == at("2026-01-01T05:30:40Z"))
        let later = course(rule, from: "2026-01-01T00:00:00Z", now: "2026-01-01T05:30:40Z", sinceBoot: .seconds(60))
        #expect(later.begin.count == 5)
    }

    @Test func aClockThatGoesBackRepeatsNothing() throws {
        let rule = try hourly(nil)
        let there = course(rule, from: "2026-01-01T00:00:00Z", now: "2026-01-01T01:00:00Z")
        for now in ["2026-01-01T00:00:00Z", "2025-12-31T01:00:00Z", "1990-01-01T00:00:00Z"] {
            let back = course(rule, from: there.cursor.description, now: now)
            #expect(back.begin.isEmpty && back.missed == nil && back.cursor == there.cursor)
            #expect(back.due == at("2026-01-01T02:00:00Z"))
        }
    }

    @Test func yearsOfSecondsThatWereMissedAreLeftOutAtOnce() throws {
        let rule = try rule {
            $0.cronSeconds = ["* * * * * *"]
            $0.catchUp = .init(.last)
        }
        let found = course(rule, from: "2020-01-01T00:00:00Z", now: "2026-01-01T00:00:00Z")
        #expect(found.missed?.count == ScheduleCourse.countLimit)
        #expect(found.cursor >= at("2025-12-31T23:59:00Z") && found.begin.count <= ScheduleCourse.batch)
    }

    @Test func theLimitEndsTheScheduleAndTheEndDoes() throws {
        let limited = try rule {
            $0.onCalendar = ["hourly"]
            $0.limit = 3
            $0.catchUp = .init(.all)
        }
        let found = course(limited, from: "2026-01-01T00:00:00Z", now: "2026-01-01T05:30:00Z", runs: 1)
        #expect(found.begin.count == 2 && found.due == nil && found.next == nil)
        #expect(course(limited, from: "2026-01-01T02:00:00Z", now: "2026-01-01T05:30:00Z", runs: 3).due == nil)
        let ending = try rule {
            $0.onCalendar = ["hourly"]
            $0.startAt = Timestamp("2026-01-01T02:00:00Z")
            $0.endAt = Timestamp("2026-01-01T03:00:00Z")
        }
        #expect(ending.next(after: at("2026-01-01T00:00:00Z")) == at("2026-01-01T02:00:00Z"))
        #expect(ending.next(after: at("2026-01-01T03:00:00Z")) == nil)
    }

    /// Whatever course the clock takes, each nominal time is decided once: begun or left out, never both, never twice.
    @Test func everyNominalTimeIsDecidedOnceOnAnyCourseOfTheClock() throws {
        var random = SeededGenerator(seed: 36)
        for round in 0..<200 {
            let policy = [
                ScheduleCatchUp(.all), .init(.none), .init(.last), .init(.window, spanMs: 1_800_000),
                .init(.rate, spanMs: 5000),
            ][round % 5]
            let rule = try rule {
                $0.onCalendar = ["*:0/10"]
                $0.catchUp = policy
                $0.jitterMs = round % 2 == 0 ? nil : 300_000
            }
            var (cursor, begun, left) = (at("2026-01-01T00:00:00Z"), Set<Instant>(), 0)
            var now = cursor
            for _ in 0..<60 {
                now = Instant(
                    microseconds: now.microseconds + Int64.random(in: -3_600_000_000...7_200_000_000, using: &random))
                let found = ScheduleCourse(
                    rule, cursor: cursor, runs: 0, now: now, sinceBoot: .seconds(86_400), grace: .seconds(60))
                for begin in found.begin { #expect(begun.insert(begin.nominal).inserted && begin.start <= now) }
                left += found.missed?.count ?? 0
                #expect(found.cursor >= cursor)
                cursor = found.cursor
            }
            let all = rule.recurrence.runs(after: at("2026-01-01T00:00:00Z"), through: cursor, limit: 100_000)
            #expect(begun.count + left == all.count, "round \(round)")
            #expect(begun.isSubset(of: all))
            if policy.mode == .all || policy.mode == .rate { #expect(left == 0) }
        }
    }
}

struct ScheduleRuleTests {
    @Test func jitterIsStableBoundedAndDiffersByNameAndMachine() throws {
        func starts(_ name: String, _ machine: String) throws -> [Int64] {
            var specification = ScheduleSpecification(name: name, job: JobSpecification(kind: "k"))
            specification.zone = "UTC"
            specification.onCalendar = ["*:0/10"]
            specification.jitterMs = 3_600_000
            let rule = try ScheduleRule(specification, machine: machine)
            return rule.recurrence.runs(
                after: at("2026-01-01T00:00:00Z"), through: at("2026-01-02T00:00:00Z"), limit: 50
            )
            .map { rule.start(of: $0).microseconds - $0.microseconds }
        }
        let once = try starts("a", "m")
        let again = try starts("a", "m")
        #expect(once == again)
        #expect(once.allSatisfy { (0..<600_000_000).contains($0) }, "never past the next run")
        var spread: Set<Int64> = []
        for number in 0..<200 { spread.insert(try starts("schedule-\(number)", "m")[0]) }
        #expect(spread.count > 20)
        let hour = try rule {
            $0.onCalendar = ["*-*-* 09:50"]
            $0.jitterMs = 86_400_000
            $0.jitterKeepsHour = true
        }
        #expect(hour.start(of: at("2026-01-01T09:50:00Z")) < at("2026-01-01T10:00:00Z"))
    }

    @Test func quietHoursSkipOrPutOff() throws {
        func quiet(_ mode: ScheduleQuiet.Mode) throws -> ScheduleRule {
            try rule {
                $0.onCalendar = ["hourly"]
                $0.zone = "Europe/Berlin"
                $0.quiet = ScheduleQuiet(from: "22:00", to: "06:00", mode: mode)
                $0.catchUp = .init(.all)
            }
        }
        // 21:00 in Berlin is the last, 06:00 the next.
        let skipping = try quiet(.skip)
        #expect(skipping.next(after: at("2026-01-01T20:00:00Z")) == at("2026-01-02T05:00:00Z"))
        let deferring = try quiet(.defer)
        #expect(deferring.start(of: at("2026-01-01T21:00:00Z")) == at("2026-01-02T05:00:00Z"))
        let found = course(deferring, from: "2026-01-01T20:00:00Z", now: "2026-01-02T05:00:00Z")
        // What was put off and the run of that very time are one.
        #expect(found.begin.map(\.nominal) == [at("2026-01-02T05:00:00Z")])
    }

    /// Judged by what begins when, with the jitter in it.
    @Test func nothingBeginsInQuietHours() throws {
        func jittered(_ mode: ScheduleQuiet.Mode, _ time: String) throws -> ScheduleRule {
            try rule {
                $0.onCalendar = ["*-*-* \(time)"]
                $0.quiet = ScheduleQuiet(from: "14:41", to: "19:30", mode: mode)
                $0.jitterMs = 7_200_000
            }
        }
        let plain = try rule {
            $0.onCalendar = ["*-*-* 14:40"]
            $0.jitterMs = 7_200_000
        }
        let nominal = at("2026-01-01T14:40:00Z")
        let jitter = plain.start(of: nominal).microseconds - nominal.microseconds
        try #require(jitter > 60_000_000, "this name on this machine has a jitter that leads into the quiet hours")
        #expect(try jittered(.defer, "14:40").start(of: nominal) == at("2026-01-01T19:30:00Z"))
        #expect(try jittered(.skip, "14:40").next(after: at("2026-01-01T00:00:00Z")) == nil)
        #expect(try jittered(.skip, "14:40").previous(before: at("2026-01-09T00:00:00Z"), notBefore: nominal) == nil)
        // It stands in the quiet hours and begins after them.
        let last = at("2026-01-01T19:29:30Z")
        #expect(try jittered(.skip, "19:29:30").next(after: at("2026-01-01T00:00:00Z")) == last)
        #expect(try jittered(.defer, "19:29:30").start(of: last).microseconds == last.microseconds + jitter)
        // The first of many that begins after them.
        for jitter in [30_000, 86_400_000] {
            let minutely = try rule {
                $0.onCalendar = ["*:0/1"]
                $0.quiet = ScheduleQuiet(from: "14:41", to: "19:30", mode: .skip)
                $0.jitterMs = jitter
            }
            for run in minutely.recurrence.runs(
                after: at("2026-01-01T14:00:00Z"), through: at("2026-01-01T20:00:00Z"), limit: 400)
            {
                let isQuiet = minutely.quietEnd(at: minutely.start(of: run)) != nil
                let before = Instant(microseconds: run.microseconds - 1)
                #expect((minutely.next(after: before) == run) != isQuiet, "\(run)")
            }
        }
    }

    /// 144,000 runs lie in the night, and each may begin later than the night is long, were it not for the one that follows.
    @Test func quietHoursAreLeftAtOnceHoweverLargeTheJitter() throws {
        let night = Int64(8 * 3_600_000_000)
        let rules = try (0..<20).map { number in
            try rule {
                $0.name = "schedule-\(number)"
                $0.onCalendar = ["*:*:0/0.2"]
                $0.quiet = ScheduleQuiet(from: "22:00", to: "06:00", mode: .skip)
                $0.jitterMs = 86_400_000
            }
        }
        let often = try #require(rules.first { $0.jitter > night })
        let (evening, morning) = (at("2026-01-01T21:59:59.800000Z"), at("2026-01-02T06:00:00Z"))
        #expect(often.next(after: Instant(microseconds: evening.microseconds - 1)) == evening)
        #expect(often.next(after: evening) == morning)
    }

    @Test(arguments: [ScheduleQuiet.Mode.skip, .defer]) func nothingIsCaughtUpInQuietHours(mode: ScheduleQuiet.Mode)
        throws
    {
        let rule = try rule {
            $0.onCalendar = ["*-*-* 21:00"]
            $0.quiet = ScheduleQuiet(from: "22:00", to: "06:00", mode: mode)
            $0.catchUp = .init(.last)
        }
        let night = course(rule, from: "2026-01-01T20:00:00Z", now: "2026-01-01T23:00:00Z")
        #expect(night.begin.isEmpty && night.missed == nil && night.cursor == at("2026-01-01T20:00:00Z"))
        #expect(night.due == at("2026-01-02T06:00:00Z"))
        let morning = course(rule, from: "2026-01-01T20:00:00Z", now: "2026-01-02T06:00:00Z")
        #expect(morning.begin.map(\.nominal) == [at("2026-01-01T21:00:00Z")] && morning.begin.first?.isCatchUp == true)
    }

    @Test func whatIsWrongIsNamedWithItsPlace() {
        let mistakes: [(String, (inout ScheduleSpecification) -> Void)] = [
            ("cron[0]", { $0.cron = ["0 25 * * *"] }), ("onCalendar", { $0.onCalendar = nil }),
            ("zone", { $0.zone = "Europe/Berlni" }), ("gap", { $0.gap = "jump" }), ("every", { $0.every = "0.5s" }),
            ("exceptDates[0]", { $0.exceptDates = ["2026-02-30"] }),
            ("quiet.to", { $0.quiet = .init(from: "09:00", to: "25:00") }),
            ("catchUp.spanMs", { $0.catchUp = .init(.window) }), ("job.runAt", { $0.job.runAt = .epoch }),
            ("name", { $0.name = "Not a name" }), ("limit", { $0.limit = 0 }),
        ]
        for (field, change) in mistakes {
            let fault = #expect(throws: ScheduleFault.self, "\(field)") {
                try rule {
                    $0.onCalendar = ["daily"]
                    change(&$0)
                }
            }
            #expect(fault?.field == field)
            #expect(fault?.mayPass == false)
        }
    }

    @Test func aZoneFileThatCannotBeReadIsNoMistakeOfTheSchedule() throws {
        let folder = TemporaryDirectory()
        try #require(symlink("Mars", folder.file("Mars")) == 0)
        var specification = ScheduleSpecification(name: "s", job: JobSpecification(kind: "k"))
        specification.onCalendar = ["daily"]
        specification.zone = "Mars"
        let zones = ZoneDatabase(folder: folder.path)
        let fault = #expect(throws: ScheduleFault.self) {
            try ScheduleRule(specification, machine: "m", zones: zones)
        }
        #expect(fault?.mayPass == true && fault?.message.contains("(ELOOP)") == true)
        specification.onCalendar = ["daily Mars"]
        specification.zone = "UTC0"
        let named = #expect(throws: ScheduleFault.self) {
            try ScheduleRule(specification, machine: "m", zones: zones)
        }
        #expect(named?.mayPass == true && named?.field == "onCalendar[0]")
    }

    @Test func theFactsOfARunStandInItsParameters() throws {
        let rule = try rule {
            $0.onCalendar = ["*-*-01 00:30"]
            $0.zone = "Europe/Berlin"
            $0.job.params = JSONRaw(
                unchecked: Array(#"{"a":"${month}/${date}","b":["${nominal}"],"c":"${what}","n":7}"#.utf8))
        }
        let nominal = at("2026-05-31T22:30:00Z")
        let job = ScheduledJob.specification(of: rule, nominal: nominal, cause: .due, created: .epoch)
        #expect(job.params?.text == #"{"a":"2026-06/2026-06-01","b":["2026-05-31T22:30:00Z"],"c":"${what}","n":7}"#)
        #expect(job.idempotencyKey == "schedule/s/0/\(nominal.microseconds)")
        // The day is that of the expression, which may name another zone than the schedule's.
        let abroad = try self.rule {
            $0.onCalendar = ["*-*-01 08:00 Asia/Tokyo"]
            $0.job.params = JSONRaw(unchecked: Array(#"{"m":"${month}","d":"${date}"}"#.utf8))
        }
        let first = try #require(abroad.next(after: at("2026-10-15T00:00:00Z")))
        let payroll = ScheduledJob.specification(of: abroad, nominal: first, cause: .due, created: .epoch)
        #expect(payroll.params?.text == #"{"m":"2026-11","d":"2026-11-01"}"#)
        let plain = try self.rule { $0.onCalendar = ["daily"] }
        let other = ScheduledJob.specification(of: plain, nominal: nominal, cause: .due, created: .epoch)
        #expect(other.params?.text == #"{"schedule":"s","nominal":"2026-05-31T22:30:00Z"}"#)
    }

    private func rule(_ change: (inout ScheduleSpecification) -> Void) throws -> ScheduleRule {
        var specification = ScheduleSpecification(name: "s", job: JobSpecification(kind: "k"))
        specification.zone = "UTC"
        change(&specification)
        return try ScheduleRule(specification, machine: "m")
    }
}

struct ScheduleFolderTests {
    @Test func aFolderIsReadWithEveryMistakeInItsPlace() throws {
        let folder = TemporaryDirectory()
        folder.write(
            """
            schedules:
              - name: payroll
                job: { kind: pay, params: { month: "${month}" }, unique-key: pay }
                on-calendar: ["*-*-01 09:00", "*-*-15 09:00"]
                zone: Europe/Berlin
                except-dates: 2026-12-24
                catch-up: { mode: window, span: 1d, after-boot: 1min }
                quiet: { from: "22:00", to: "06:00", mode: defer }
                while-running: buffer-one
                jitter: 1min
            """, to: "a.yaml")
        let (found, problems) = ScheduleFolder.load(folder.path)
        #expect(problems.isEmpty, "\(problems)")
        let payroll = try #require(found.schedules["payroll"]).specification
        #expect(payroll.onCalendar == ["*-*-01 09:00", "*-*-15 09:00"] && payroll.whileRunning == .bufferOne)
        #expect(payroll.catchUp == ScheduleCatchUp(.window, spanMs: 86_400_000, afterBootMs: 60_000))
        #expect(payroll.job.uniqueKey == "pay" && payroll.jitterMs == 60_000)
        let text = JSON.text(payroll)
        #expect(try JSON.decode(ScheduleSpecification.self, from: text) == payroll)

        folder.write(
            """
            schedules:
              - { name: one, job: { kind: k }, cron: "0 25 * * *" }
              - { name: payroll, job: { kind: k }, cron: "0 9 * * *" }
              - { name: two, cron: "0 9 * * *", while-running: wait }
            """, to: "b.yaml")
        let wrong = ScheduleFolder.load(folder.path).problems.map(\.description)
        #expect(wrong.count == 4, "\(wrong)")
        #expect(wrong.contains { $0.contains("b.yaml:2") && $0.contains("hour 25") })
        #expect(wrong.contains { $0.contains("again in") } && wrong.contains { $0.contains("job is missing") })
        #expect(wrong.contains { $0.contains("while-running") })
    }

    @Test func theExamplesAreInOrder() throws {
        let (found, problems) = ScheduleFolder.load(packageRoot + "/Examples/schedules.d")
        #expect(problems.isEmpty && Set(found.schedules.keys) == ["payroll", "plan-briefs"], "\(problems)")
        for (specification, _) in found.schedules.values {
            #expect(try ScheduleRule(specification, machine: "m").next(after: at("2026-11-21T00:00:00Z")) != nil)
        }
    }
}
