import Linux
import MillraceProtocol
import MillraceStore
import Resilience

/// A job of the runner's own that goes the whole way: submit, claim, lease, run, finish, read back. It runs at the runner
/// itself, past every limit and pause, and leaves nothing behind.
enum Canary {
    static let kind = "millrace.canary"
    static let lane = Lane(queue: "millrace", kind: kind, uid: 0)
    static let declaration = KindDeclaration(name: kind, summary: "proves that the runner works", stages: [.process])

    /// How long the whole way may take.
    static let patience = Duration.seconds(10)
    /// Whoever sent one takes it away; before that the sweep must not, for it is still to be read back.
    static let retention: [JobState: Duration] = [
        .succeeded: patience * 2, .partial: patience * 2, .failed: patience * 2, .cancelled: patience * 2,
    ]
}

extension Lane {
    /// Whether its jobs are the runner's own.
    var isOwn: Bool { kind == Canary.kind }
}

extension Worker {
    static let canary = -1

    static func canary(since: Timestamp, pid: Int32) -> Worker {
        Worker(id: canary, name: "runner", pid: pid, kinds: [Canary.declaration], capacity: 4, since: since)
    }
}

/// Where those who sent a canary wait for it.
final class CanaryDesk: Sendable {
    private let waiting = Locked<[JobID: AsyncStream<JobView>.Continuation]>([:])
    private let early = Locked<[JobID: JobView]>([:])

    func ended(_ job: JobView) {
        let continuation = waiting.withLock { $0.removeValue(forKey: job.id) }
        guard let continuation else { return early.withLock { $0 = [job.id: job] } }
        continuation.yield(job)
        continuation.finish()
    }

    /// Waits for the end of a canary that was just sent.
    func wait(for id: JobID, until deadline: Deadline, time: any TimeSource) async throws -> JobView? {
        let (stream, continuation) = AsyncStream.makeStream(of: JobView.self, bufferingPolicy: .bufferingNewest(1))
        waiting.withLock { $0[id] = continuation }
        if let job = early.withLock({ $0.removeValue(forKey: id) }) { ended(job) }
        defer { waiting.withLock { _ = $0.removeValue(forKey: id) } }
        return try await withDeadline(deadline, time: time) {
            for await job in stream { return job }
            return nil
        }
    }
}

extension Runner {
    /// Real work: a job that is on disk, is claimed, leased, run and ended like any other, and read back by another
    /// connection. The watchdog beats only after it.
    func canary() async throws {
        let rules = state.withLock { $0.storeRules }
        let submitted = time.wall()
        let taken = try await store.write { db in
            try JobStore.submit(
                db,
                Submission(
                    JobSpecification(kind: Canary.kind, queue: Canary.lane.queue, maxAttempts: 1), rules,
                    uid: Canary.lane.uid, correlationId: "canary"),
                rules, now: submitted)
        }
        handle(.lanesReady([Canary.lane]))
        let id = taken.receipt.id
        defer {
            let now = time.wall()
            note("the end of a canary") { db in
                // One that did not come through ends here; its row goes with the next sweep.
                if try JobStore.isOver(db, id) {
                    try JobStore.delete(db, id)
                } else {
                    _ = try JobStore.cancel(db, id, reason: "it came too late", rules, now: now)
                }
            }
        }
        let ended: JobView?
        do {
            ended = try await canaryDesk.wait(for: id, until: Deadline(after: Canary.patience, time: time), time: time)
        } catch is DeadlineExceeded {
            let stuck = try await store.read { try JobStore.job($0, id) }
            throw CanaryError(state: stuck.state)
        }
        let read = try await store.read { try JobStore.job($0, id) }
        guard ended?.state == .succeeded, read.state == .succeeded else { throw CanaryError(state: read.state) }
    }
}

/// A canary did not come through.
struct CanaryError: Error, CustomStringConvertible {
    var state: JobState

    var description: String {
        "a job of the runner's own did not come through within \(Canary.patience.seconds) s; it is \(state.rawValue)"
    }
}
