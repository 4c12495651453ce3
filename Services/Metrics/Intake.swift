import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Monitoring
import Telemetry

/// Takes snapshots in, in order: all that wait at a time are written with one commit, and answered after it.
final class Intake: Sendable {
    private struct Waiting: Sendable {
        var snapshot: Snapshot
        var isLast: Bool
        var answer: @Sendable (Result<SnapshotAcceptance, any Error>) -> Void
    }

    private struct State {
        var collector: Collector
        var waiting: [Waiting] = []
        /// Looks for who has been silent with the next batch.
        var advances = false
        var work: Task<Void, Never>?
        var isClosed = false
    }

    /// Snapshots that may wait; the next is refused.
    static let limit = 10_000

    private let store: SourceStore
    private let time: any TimeSource
    private let log: Logger
    private let state: Locked<State>

    init(_ collector: Collector, store: SourceStore, time: any TimeSource, log: Logger) {
        self.store = store
        self.time = time
        self.log = log
        state = Locked(State(collector: collector))
    }

    /// - Parameter answer: called once the snapshot survives the death of this process, or is refused.
    func take(
        _ snapshot: Snapshot, isLast: Bool, answer: @escaping @Sendable (Result<SnapshotAcceptance, any Error>) -> Void
    ) {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.waiting.count < Self.limit else { return false }
            state.waiting.append(Waiting(snapshot: snapshot, isLast: isLast, answer: answer))
            begin(&state)
            return true
        }
        if !isTaken { answer(.failure(MetricsError.stopping)) }
    }

    /// Marks who has been silent for long.
    func advance() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.advances = true
            begin(&state)
        }
    }

    func families() -> [FamilySnapshot] {
        let collector = state.withLock { $0.collector }
        let families = collector.families(now: time.boot())
        return families + SyncFamilies.derived(from: families)
    }

    func sources() -> [Collector.SourceView] {
        let collector = state.withLock { $0.collector }
        return collector.sources(now: time.boot())
    }

    /// Takes no more, and returns when what waits is written.
    func close() async {
        let work = state.withLock { state in
            state.isClosed = true
            return state.work
        }
        await work?.value
    }

    private func begin(_ state: inout State) {
        if state.work == nil { state.work = Task { await self.run() } }
    }

    private func run() async {
        while let (batch, advances) = next() {
            var changes: [Collector.Change] = []
            var outcomes: [Result<SnapshotAcceptance, any Error>] = []
            let now = time.boot()
            state.withLock { state in
                for waiting in batch {
                    do throws(Collector.Refusal) {
                        let (acceptance, some) = try state.collector.publish(waiting.snapshot, now: now)
                        changes += some
                        let source = waiting.snapshot.source
                        if waiting.isLast {
                            changes += state.collector.leave(service: source.service, instance: source.instance)
                        }
                        outcomes.append(.success(SnapshotAcceptance(acceptance)))
                    } catch {
                        outcomes.append(.failure(MetricsError(error)))
                    }
                }
                if advances { changes += state.collector.advance(now: now) }
            }
            do {
                try await store.save(changes)
            } catch {
                log.error("what was published is not on disk, continuing in memory: \(error)")
                outcomes = outcomes.map { outcome in outcome.flatMap { _ in .failure(error) } }
            }
            for (waiting, outcome) in zip(batch, outcomes) { waiting.answer(outcome) }
        }
    }

    /// All that waits; nil, and the work is over, when nothing does.
    private func next() -> (batch: [Waiting], advances: Bool)? {
        state.withLock { state in
            guard !state.waiting.isEmpty || state.advances else {
                state.work = nil
                return nil
            }
            defer {
                state.waiting = []
                state.advances = false
            }
            return (state.waiting, state.advances)
        }
    }
}

extension SnapshotAcceptance {
    init(_ acceptance: Collector.Acceptance) {
        self =
            switch acceptance {
            case .new: .new
            case .restart: .restart
            case .newer: .newer
            case .old: .old
            }
    }
}
