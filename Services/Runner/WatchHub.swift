import Linux
import MillraceProtocol
import Synchronization

/// Spreads what happens to jobs to those who watch them. A watcher that lags misses steps, never the end.
final class WatchHub: Sendable {
    enum Event: Sendable {
        case progress(JobProgress)
        case ended(JobDetail)
    }

    private struct State {
        var watchers: [JobID: [Int: AsyncStream<Event>.Continuation]] = [:]
        var lastTicket = 0
    }

    private let state = Locked(State())
    /// How many jobs are watched; most of the time none is.
    private let watched = Atomic(0)

    /// Whether any job is watched.
    var areThere: Bool { watched.load(ordering: .sequentiallyConsistent) > 0 }

    func isWatched(_ job: JobID) -> Bool { areThere && state.withLock { $0.watchers[job] != nil } }

    /// A watch of one job, from now on; ends with the job or when it is left.
    struct Watch: Sendable {
        let events: AsyncStream<Event>
        fileprivate let job: JobID
        fileprivate let ticket: Int
    }

    func watch(_ job: JobID) -> Watch {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(256))
        let ticket = state.withLock { state in
            state.lastTicket += 1
            state.watchers[job, default: [:]][state.lastTicket] = continuation
            watched.store(state.watchers.count, ordering: .sequentiallyConsistent)
            return state.lastTicket
        }
        return Watch(events: events, job: job, ticket: ticket)
    }

    func leave(_ watch: Watch) {
        state.withLock { state in
            _ = state.watchers[watch.job]?.removeValue(forKey: watch.ticket)
            if state.watchers[watch.job]?.isEmpty == true { state.watchers[watch.job] = nil }
            watched.store(state.watchers.count, ordering: .sequentiallyConsistent)
        }
    }

    func publish(_ progress: JobProgress) {
        let continuations = state.withLock { $0.watchers[progress.job.id].map { Array($0.values) } ?? [] }
        for continuation in continuations { continuation.yield(.progress(progress)) }
    }

    func end(_ detail: JobDetail) {
        guard areThere else { return }
        let continuations = state.withLock { state in
            defer { watched.store(state.watchers.count, ordering: .sequentiallyConsistent) }
            return state.watchers.removeValue(forKey: detail.job.id).map { Array($0.values) } ?? []
        }
        for continuation in continuations {
            continuation.yield(.ended(detail))
            continuation.finish()
        }
    }

    var count: Int { state.withLock { $0.watchers.values.reduce(0) { $0 + $1.count } } }
}
