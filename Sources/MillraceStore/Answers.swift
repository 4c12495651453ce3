import Linux

/// Tells callers how their writes went, in the order of the commits.
///
/// That is done on the writer's thread, or, where the next transaction would wait for it, on a thread beside the writer's:
/// what callers do with an answer is often as much work as the write.
final class Answers: @unchecked Sendable {
    private struct State {
        var waiting: [PendingWork] = []
        /// Whether the thread beside tells something now.
        var isBusy = false
        var isStopping = false
    }

    private let options: DatabaseOptions
    private let state = Monitor(State())

    /// The writer waits when so many answers have not been told.
    private static let limit = 4096
    /// Few enough that the first need not wait for long until the last is through.
    private static let toldTogether = 32
    /// More of them are told beside the writer in any case: what they bring about it can begin with meanwhile.
    private static let few = 16

    init(options: DatabaseOptions) { self.options = options }

    /// From the writer's thread.
    ///
    /// - Parameter othersWait: whether the writer has something else to do.
    func give(_ batch: [PendingWork], othersWait: Bool) {
        let wantsThread = options.answersAside && (othersWait || batch.count > Self.few)
        let isMine =
            state.wait { state -> Bool? in
                if !wantsThread && !state.isBusy && state.waiting.isEmpty { return true }
                return state.waiting.count < Self.limit ? false : nil
            } ?? true
        if isMine { return tell(batch) }
        state.withLock(notify: true) { $0.waiting += batch }
    }

    /// What waits is still told.
    func stop() { state.withLock(notify: true) { $0.isStopping = true } }

    /// The thread's life.
    func run() {
        while let batch = next() { tell(batch) }
    }

    private func next() -> [PendingWork]? {
        state.withLock(notify: true) { $0.isBusy = false }
        return state.wait { state -> [PendingWork]?? in
            if state.waiting.isEmpty { return state.isStopping ? .some(nil) : nil }
            var batch: [PendingWork] = []
            swap(&batch, &state.waiting)
            state.isBusy = true
            return .some(batch)
        } ?? nil
    }

    private func tell(_ batch: [PendingWork]) {
        for start in stride(from: 0, to: batch.count, by: Self.toldTogether) {
            options.answering {
                for work in batch[start..<min(start + Self.toldTogether, batch.count)] {
                    if let failure = work.failure { work.fail(failure) } else { work.succeed() }
                }
            }
        }
    }
}
