import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceWorker

/// The way of a brief into the mail: noted in the books first, then a job of its own. Its trouble is never the brief's.
struct BriefPost: Sendable {
    /// So long a mail may have waited that nobody has queued: an older brief is stale.
    private static let patience = Duration.seconds(86_400)
    /// A younger one has somebody who queues it.
    private static let grace = Duration.seconds(300)
    private static let atOnce = 1000

    let books: BooksDoor
    let runner: RPCClient

    /// Queues the mail of a brief that is done, to go out at its time; nil where mail is off.
    func queue(_ person: String, _ day: Day, at time: Timestamp?, _ run: JobRun) async -> BriefMailQueueing? {
        guard books.settings.configuration.mail != .off else { return nil }
        do {
            let noted = try await books.localBooks().noteBriefMail(
                of: person, on: day, token: Identifier.random(), now: books.time.wall())
            guard noted == .queued else { return noted }
            try await submit(person, day, at: time, turn: 0)
            return .queued
        } catch {
            run.log.warning("the brief's mail is not queued yet: \(error)")
            return .later
        }
    }

    /// Queues mails that are noted and have not begun to go: the runner was away, the worker died, or no try of a job was a
    /// success. One that is a day old is given up.
    func queueWhatWaits(_ run: JobRun) async {
        guard books.settings.configuration.mail != .off else { return }
        let now = books.time.wall()
        do {
            let books = try books.localBooks()
            let given = try await books.giveUpBriefMails(before: now - Self.patience, now: now)
            if given > 0 { run.log.warning("mails of briefs that have waited for a day are given up: \(given)") }
            let waiting = try await books.pendingBriefMails(
                from: now - Self.patience, before: now - Self.grace, limit: Self.atOnce)
            for (person, day) in waiting { try await submit(person, day, at: nil, turn: now.milliseconds) }
        } catch {
            run.log.warning("mails of briefs wait for the next planning: \(error)")
        }
    }

    /// However often it is submitted, it is one job at a time for each person and day.
    ///
    /// - Parameter turn: Of one turn it is one job, over or not.
    private func submit(_ person: String, _ day: Day, at time: Timestamp?, turn: Int64) async throws {
        var job = JobSpecification(kind: MailWorkload.kind)
        job.params = JSONRaw(
            JSONValue.object([
                JSONMember("user", .string(person)), JSONMember("date", .string(day.description)),
            ]))
        job.key = person
        job.priority = 5
        let key = String("brief-mail-\(person)-\(day)".prefix(256))
        job.uniqueKey = key
        job.uniqueMode = .keep
        job.maxAttempts = MailWorkload.attempts
        job.backoffMs = Int(MailWorkload.backoff.milliseconds)
        if let time, time > books.time.wall() { job.runAt = time }
        let options = CallOptions(timeout: .seconds(30), idempotencyKey: String("\(turn)-\(key)".prefix(256)))
        _ = try await runner.call(JobSubmit.self, job, options: options)
    }
}
