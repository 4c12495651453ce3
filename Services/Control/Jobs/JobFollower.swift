import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// Follows a job to its end, across restarts of the runner.
struct JobFollower {
    /// For so long the runner may be away before the following is given up; the job itself is on disk.
    static let absence = Duration.seconds(60)
    private static let pause = Duration.milliseconds(250)

    let caller: Caller
    let id: JobID
    /// When it is given up, on the boot clock.
    var deadline: Duration?
    var time: any TimeSource = SystemTime()
    /// Called with each change as it came.
    var onProgress: @Sendable (JSONRaw) -> Void = { _ in }
    /// Called once when the runner goes away while the job is followed.
    var onAbsence: @Sendable () -> Void = {}

    /// How the job ended.
    ///
    /// - Throws: ``Failure`` with ``Exit/temporaryFailure`` when the deadline has passed before that.
    func end() async throws -> Answer<JobDetail> {
        var awaySince: Duration?
        while true {
            let begin = time.boot()
            do {
                let timeout = deadline.map { max(.milliseconds(1), $0 - begin) }
                return try await caller.call(
                    JobWatch.self, JobReference(id: id), timeout: timeout, progress: onProgress)
            } catch let error as RPCError where isOver(error) {
                throw Failure(.temporaryFailure, "job \(id) is not over yet, and goes on")
            } catch let error as RPCError where error.status == .unavailable {
                // A watch that lasted tells that the runner was there until now.
                let wasThere = error.reason != RPCError.Reason.connectionRefused && time.boot() - begin > .seconds(1)
                if awaySince == nil || wasThere { onAbsence() }
                let since = wasThere ? time.boot() : awaySince ?? time.boot()
                awaySince = since
                guard time.boot() - since < Self.absence else { throw error }
            }
            try await time.sleep(until: time.boot() + Self.pause)
        }
    }

    private func isOver(_ error: RPCError) -> Bool {
        guard let deadline else { return false }
        return error.status == .deadlineExceeded || time.boot() >= deadline
    }
}
