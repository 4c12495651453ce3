import Linux

/// Counts the jobs that are not over and refuses more than may be.
///
/// The database could count them too, but not within the time a submission may take.
final class Backlog: Sendable {
    private let state: Locked<(count: Int, limit: Int)>

    init(limit: Int) {
        state = Locked((0, limit))
    }

    var count: Int { state.withLock { $0.count } }

    var limit: Int {
        get { state.withLock { $0.limit } }
        set { state.withLock { $0.limit = newValue } }
    }

    func add(_ jobs: Int) {
        state.withLock { $0.count += jobs }
    }

    /// Makes room for jobs that are about to be taken in; what is not used has to be given back.
    func reserve(_ jobs: Int) throws(JobError) {
        let refusal = state.withLock { state -> JobError? in
            guard state.count + jobs <= state.limit else { return .queueFull(limit: state.limit) }
            state.count += jobs
            return nil
        }
        if let refusal { throw refusal }
    }
}
