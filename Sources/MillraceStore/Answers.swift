import Linux
import Synchronization

/// Tells callers how their writes went, in the order of the commits, those of the express ``Turn`` before others.
///
/// That is done on the writer's thread, or, where the next transaction would wait for it, on a thread beside the writer's:
/// what callers do with an answer is often as much work as the write.
final class Answers: @unchecked Sendable {
    private struct State {
        var usual: [PendingWork] = []
        var express: [PendingWork] = []
        /// Whether the thread beside tells something now.
        var isBusy = false
        var isStopping = false

        var isIdle: Bool { !isBusy && usual.isEmpty && express.isEmpty }
    }

    private let options: DatabaseOptions
    private let state = Monitor(State())
    /// Whether ``State/express`` holds something.
    private let expressWaits = Atomic(false)

    /// The writer waits when so many answers have not been told.
    private static let limit = 4096
    /// Few enough that the first need not wait for long until the last is through.
    private static let toldTogether = 32
    /// More of them are told beside the writer in any case: what they bring about it can begin with meanwhile.
    private static let few = 16

    init(options: DatabaseOptions) { self.options = options }

    /// From the writer's thread.
    ///
    /// - Parameters:
    ///   - othersWait: whether the writer has something else to do.
    ///   - hasToHurry: whether something came that the writer has to do before it tells more.
    func give(_ batch: [PendingWork], othersWait: Bool, hasToHurry: () -> Bool) {
        var batch = Backlog(batch)
        let wantsThread = options.answersAside && (othersWait || batch.count > Self.few)
        if !wantsThread, !options.answersAside || state.withLock({ $0.isIdle }) {
            repeat {
                tell(&batch) { options.answersAside && hasToHurry() }
            } while !batch.isEmpty && !(options.answersAside && hasToHurry())
        }
        if !batch.isEmpty { handOver(&batch) }
    }

    private func handOver(_ batch: inout Backlog) {
        var express: [PendingWork] = []
        var usual: [PendingWork] = []
        while let work = batch.next() {
            if work.turn == .express { express.append(work) } else { usual.append(work) }
        }
        if !express.isEmpty {
            state.withLock(notify: true) {
                $0.express += express
                expressWaits.store(true, ordering: .relaxed)
            }
        }
        guard !usual.isEmpty else { return }
        _ = state.wait { $0.usual.count < Self.limit ? true : nil }
        state.withLock(notify: true) { $0.usual += usual }
    }

    /// What waits is still told.
    func stop() { state.withLock(notify: true) { $0.isStopping = true } }

    /// The thread's life.
    func run() {
        var usual = Backlog()
        while let express = next(&usual) {
            var first = Backlog(express)
            while !first.isEmpty { tell(&first) { false } }
            if !usual.isEmpty { tell(&usual) { expressWaits.load(ordering: .relaxed) } }
        }
    }

    /// Waits for answers and takes the express ones, and the usual ones unless there are some from before; nil when stopped
    /// and nothing is left.
    private func next(_ usual: inout Backlog) -> [PendingWork]? {
        state.withLock(notify: true) { $0.isBusy = !usual.isEmpty }
        let express = state.wait { state -> [PendingWork]? in
            if usual.isEmpty { usual.take(&state.usual) }
            var express: [PendingWork] = []
            swap(&express, &state.express)
            expressWaits.store(false, ordering: .relaxed)
            state.isBusy = !(usual.isEmpty && express.isEmpty)
            return state.isBusy || state.isStopping ? express : nil
        }
        guard let express, !(express.isEmpty && usual.isEmpty) else { return nil }
        return express
    }

    /// Tells a few, at least one, until there is something more urgent.
    private func tell(_ works: inout Backlog, until hurry: () -> Bool) {
        options.answering {
            var told = 0
            while told < Self.toldTogether, told == 0 || !hurry(), let work = works.next() {
                if let failure = work.failure { work.fail(failure) } else { work.succeed() }
                told += 1
            }
        }
    }
}
