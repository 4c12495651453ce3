import Glibc
import TestSupport
import Testing

/// `kill -9` of the services of one suite, one, some or all at once, at moments by chance, while all are used; some of them
/// again while they start.
@Suite(.serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"))
struct KillTests {
    /// `MILLRACE_KILL_ROUNDS`; the project's own bar is 1,000.
    private static let rounds = environment("MILLRACE_KILL_ROUNDS").flatMap(Int.init) ?? Torture.some(1000, look: 12)

    /// A service of the suite and what its callers have been told.
    private final class Member {
        let subject: Subject
        let service: LoneService
        var writers: Writers?
        var acknowledged: Set<Int> = []
        var unsure: Set<Int> = []
        var refused: [String: Int] = [:]
        var next = 1
        var kills = 0
        var killsInStart = 0
        var slowestStart = Duration.zero

        init(_ subject: Subject, state: String) throws {
            self.subject = subject
            service = try subject.service(state: state)
        }

        func write() {
            guard subject.keepsSomething else { return }
            writers = Writers(subject, service, writers: 2, first: next, ballast: 500, pause: 20_000)
            next += 100_000
        }

        func settle(_ account: Writers.Account) {
            acknowledged.formUnion(account.acknowledged)
            unsure.formUnion(account.unsure)
            refused.merge(account.refused) { $0 + $1 }
        }

        func kill() async throws {
            try await service.kill()
            if let writers { settle(try await writers.ended()) }
            writers = nil
        }

        func start() async throws {
            let begun = ContinuousClock.now
            try service.launch()
            try await service.answers()
            slowestStart = max(slowestStart, ContinuousClock.now - begun)
            write()
        }
    }

    @Test func whoeverIsKilledWheneverNothingAcknowledgedIsLostOrDoubled() async throws {
        var section = TortureSection(
            "kills", "kill -9 of everything",
            [
                "service", "kills at random#", "and while it started#", "acknowledged#", "unanswered#", "lost#",
                "doubled or invented#", "slowest start#",
            ])
        let folder = TemporaryDirectory()
        let members = try Subject.all.map { try Member($0, state: folder.path) }
        var random = SeededGenerator(seed: Torture.seed)
        for member in members {
            try await member.service.start()
            if member.subject.keepsSomething { try await member.subject.prepare(member.service) }
            member.write()
        }
        for _ in 0..<Self.rounds {
            let count = [1, 1, 1, 2, 3, 5].randomElement(using: &random)!
            let victims = members.shuffled(using: &random).prefix(count)
            // The moment is what the test is about.
            try await Task.sleep(for: .microseconds(Int.random(in: 0...150_000, using: &random)))
            for victim in victims { victim.service.signal(SIGKILL) }
            for victim in victims {
                try await victim.kill()
                victim.kills += 1
            }
            for victim in victims where Int.random(in: 0..<4, using: &random) == 0 {
                try victim.service.launch()
                try await Task.sleep(for: .microseconds(Int.random(in: 0...100_000, using: &random)))
                try await victim.kill()
                victim.killsInStart += 1
            }
            for victim in victims { try await victim.start() }
        }
        for member in members {
            if let writers = member.writers { member.settle(try await writers.stop()) }
        }
        for member in members {
            guard member.subject.keepsSomething else {
                section.row(
                    member.subject.name, "\(member.kills)", "\(member.killsInStart)", "", "", "", "",
                    milliseconds(member.slowestStart))
                continue
            }
            #expect(member.refused.isEmpty, "\(member.subject.name): \(member.refused)")
            if member.subject.name == "runner" { try await allEnd(member.service) }
            let reckoning = try await Reckoning(
                member.subject, member.service.database, acknowledged: member.acknowledged, unsure: member.unsure)
            #expect(reckoning.isRight, "\(member.subject.name), seed \(Torture.seed): \(reckoning)")
            section.row(
                member.subject.name, "\(member.kills)", "\(member.killsInStart)", "\(reckoning.acknowledged)",
                "\(member.unsure.count)", "\(reckoning.lost.count)",
                "\(reckoning.doubled.count + reckoning.invented.count)", milliseconds(member.slowestStart))
        }
        for member in members { try await member.service.stop() }
        section.remark(
            """
            \(Self.rounds) rounds; in each one, two, three or all five services of one suite are killed at the same moment, up to 150 ms \
            after they were last seen well, and every fourth of them once more up to 100 ms after it was started. Two callers \
            change each of those that keep something, all the while. Then the jobs have to end, once each, and the \
            databases are read through. Kills at named points, of the runner's workers and commands, of mails, metrics and \
            schedules on their way: CrashTable.md, MailCrashes.md, MetricsCrashes.md, ScheduleCrashes.md.
            """)
        try section.write()
    }

    /// Each job has succeeded, and has done so once.
    private func allEnd(_ runner: LoneService) async throws {
        try await eventually("the jobs are over", within: .seconds(120), every: .milliseconds(100)) {
            try await runner.call("service.status")["figures"]["jobs_live"].int == 0
        }
        let query = """
            SELECT (SELECT count(*) FROM job WHERE kind = 'kept' AND state <> 'succeeded'),
                (SELECT count(*) FROM (SELECT 1 FROM transition WHERE to_state = 'succeeded' GROUP BY job_id
                    HAVING count(*) > 1))
            """
        let said = try await check(["sqlite3", "-cmd", ".timeout 10000", runner.database, query])
        #expect(said == "0|0\n", "jobs that did not succeed, and those that did so twice")
    }
}
