import Linux
import MillraceProtocol
import MillraceRPC

/// Jobs that end with the connection that submitted them.
final class AttachedJobs: Sendable {
    private struct State {
        var jobs: [ObjectIdentifier: Set<JobID>] = [:]
        var connections: [JobID: ObjectIdentifier] = [:]
    }

    private let state = Locked(State())

    /// Ties the job to the connection until either ends; `abandoned` is called for each job that is left.
    func attach(_ job: JobID, to session: RPCSession, abandoned: @escaping @Sendable (JobID) -> Void) {
        let connection = ObjectIdentifier(session)
        let isFirst = state.withLock { state in
            state.connections[job] = connection
            defer { state.jobs[connection, default: []].insert(job) }
            return state.jobs[connection] == nil
        }
        guard isFirst else { return }
        session.onClose { [self] _ in
            let left = state.withLock { state in
                let left = state.jobs.removeValue(forKey: connection) ?? []
                for job in left { state.connections[job] = nil }
                return left
            }
            for job in left.sorted() { abandoned(job) }
        }
    }

    /// The job is over.
    func detach(_ job: JobID) {
        state.withLock { state in
            guard let connection = state.connections.removeValue(forKey: job) else { return }
            state.jobs[connection]?.remove(job)
        }
    }
}
