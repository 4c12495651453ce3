import Linux
import Logging
import Monitoring
import Resilience

/// Brings notices to their sinks. Each sink has a line of its own, so that one that does not answer keeps no other waiting; what
/// it does not take is tried again, with longer and longer pauses, until it takes it or ``patience`` is over.
///
/// Pauses end with ``beat()``: there is no other timer. What waits is on disk as well (``AlertStore/deliveries()``).
final class AlertCourier: Sendable {
    /// Notices that wait for a sink; the oldest is lost for the next.
    static let backlog = 1000
    /// How long a notice is tried, anew in each run.
    static let patience = Duration.seconds(86_400)
    /// What a sink that took nothing is left alone for; a notice that was not tried yet does not wait for it.
    static let pauses = Backoff(base: .seconds(2), cap: .seconds(60))

    private struct Waiting: Sendable {
        let dispatch: AlertDispatch
        let since: Duration
        var attempts = 0
    }

    private struct Line: Sendable {
        var sink: AlertSink
        /// It is not to be told any more; it is here until what is being told has ended.
        var isGone = false
        /// In the order in which they were told.
        var waiting: [Waiting] = []
        /// The key of what is being told now.
        var underway: String?
        /// Attempts since the sink last took one.
        var failures = 0
        /// When it is tried again.
        var due = Duration.zero
        var work: Task<Void, Never>?

        /// What is told next: of each topic the oldest, of those what was tried least.
        func next(_ now: Duration) -> Waiting? {
            guard !isGone else { return nil }
            var topics: Set<String> = []
            let heads = waiting.filter { topics.insert($0.dispatch.topic).inserted }
            guard let next = heads.min(by: { $0.attempts < $1.attempts }) else { return nil }
            return next.attempts == 0 || now >= due ? next : nil
        }

        /// The oldest that is not being told now.
        var oldest: String? { waiting.first { $0.dispatch.key != underway }?.dispatch.key }

        /// Takes out those that are not being told now.
        mutating func remove(_ isMeant: (AlertDispatch) -> Bool) -> [AlertDispatch] {
            let meant = waiting.map(\.dispatch).filter { $0.key != underway && isMeant($0) }
            waiting.removeAll { meant.contains($0.dispatch) }
            return meant
        }
    }

    private struct State {
        var lines: [String: Line] = [:]
        var isClosed = false
    }

    private let sinks: AlertSinks
    private let store: AlertStore
    private let time: any TimeSource
    private let log: Logger
    private let state = Locked(State())

    init(sinks: AlertSinks, store: AlertStore, time: any TimeSource, log: Logger) {
        self.sinks = sinks
        self.store = store
        self.time = time
        self.log = log
    }

    /// What sinks are called in the database: two of one name are told apart by their order.
    static func named(_ sinks: [AlertSink]) -> [(name: String, sink: AlertSink)] {
        var counts: [String: Int] = [:]
        return sinks.map { sink in
            let count = counts[sink.name, default: 0] + 1
            counts[sink.name] = count
            return (count == 1 ? sink.name : "\(sink.name) (\(count))", sink)
        }
    }

    /// Puts other sinks in force. What waits for one that is gone is lost.
    func put(_ wanted: [AlertSink]) async {
        let works = state.withLock { state in
            for name in state.lines.keys { state.lines[name]?.isGone = true }
            for (name, sink) in Self.named(wanted) {
                state.lines[name, default: Line(sink: sink)].sink = sink
                state.lines[name]?.isGone = false
            }
            return state.lines.values.filter(\.isGone).compactMap(\.work)
        }
        for work in works { work.cancel() }
        for work in works { await work.value }
        // Only now: what was being told may have been taken all the same.
        let lost = state.withLock { state in
            let gone = state.lines.filter { $0.value.isGone && $0.value.work == nil }
            for name in gone.keys { state.lines[name] = nil }
            return gone.flatMap { name, line in line.waiting.map { (name, $0.dispatch) } }
        }
        await lose(lost, "the sink is gone")
    }

    /// Takes notices that are on disk already, and begins to tell them.
    func take(_ dispatches: [AlertDispatch]) async {
        let now = time.boot()
        var unknown: [(String, AlertDispatch)] = [], over: [(String, AlertDispatch)] = []
        var stale: [String] = []
        state.withLock { state in
            for dispatch in dispatches {
                guard var line = state.lines[dispatch.sink], !line.isGone else {
                    unknown.append((dispatch.sink, dispatch))
                    continue
                }
                if dispatch.isSign {
                    stale += line.remove { $0.isSign && $0.topic == dispatch.topic }.map(\.key)
                }
                line.waiting.append(Waiting(dispatch: dispatch, since: now))
                while line.waiting.count > Self.backlog, let oldest = line.oldest {
                    over += line.remove { $0.key == oldest }.map { (dispatch.sink, $0) }
                }
                state.lines[dispatch.sink] = line
            }
        }
        await lose(unknown, "the sink is gone")
        await lose(over, "\(Self.backlog) wait for it already")
        await forget(stale)
        beat()
    }

    /// Tells what waits, where the time for it has come.
    func beat() {
        let now = time.boot()
        state.withLock { state in
            guard !state.isClosed else { return }
            for (name, line) in state.lines where line.work == nil && line.next(now) != nil {
                state.lines[name]?.work = Task { await self.run(name) }
            }
        }
    }

    /// Ends what is being told. It stays on disk, as what waits does.
    func close() async {
        let works = state.withLock { state in
            state.isClosed = true
            return state.lines.values.compactMap(\.work)
        }
        for work in works { work.cancel() }
        for work in works { await work.value }
    }

    private func run(_ name: String) async {
        while let (sink, waiting) = next(name) {
            if time.boot() - waiting.since >= Self.patience {
                settle(name, waiting)
                await lose([(name, waiting.dispatch)], "it was not taken for \(TimeSpan.text(Self.patience))")
                continue
            }
            let trouble = await sinks.attempt(waiting.dispatch.notice, key: waiting.dispatch.key, sink)
            // Cut off by the end of this run: the next one tells it.
            if trouble != nil, Task.isCancelled { break }
            settle(name, waiting, trouble)
            if trouble == nil { await forget([waiting.dispatch.key]) }
        }
        state.withLock { state in
            state.lines[name]?.work = nil
            state.lines[name]?.underway = nil
        }
        beat()
    }

    private func next(_ name: String) -> (AlertSink, Waiting)? {
        let now = time.boot()
        return state.withLock { state in
            guard !state.isClosed, let line = state.lines[name], let next = line.next(now) else { return nil }
            state.lines[name]?.underway = next.dispatch.key
            return (line.sink, next)
        }
    }

    /// What became of an attempt. Nil for trouble: it waits no more.
    private func settle(_ name: String, _ waiting: Waiting, _ trouble: String? = nil) {
        let now = time.boot()
        let failures = state.withLock { state -> Int in
            guard var line = state.lines[name] else { return 0 }
            line.underway = nil
            let place = line.waiting.firstIndex { $0.dispatch.key == waiting.dispatch.key }
            if trouble == nil {
                if let place { line.waiting.remove(at: place) }
                (line.failures, line.due) = (0, now)
            } else {
                if let place { line.waiting[place].attempts += 1 }
                line.failures += 1
                line.due = now + Self.pauses.window(attempt: line.failures)
            }
            state.lines[name] = line
            return line.failures
        }
        // Once for each time that it is away.
        if let trouble, failures == 1 { log.warning("an alert is not told yet, trying again: \(name): \(trouble)") }
    }

    private func lose(_ lost: [(sink: String, dispatch: AlertDispatch)], _ why: String) async {
        for (sink, _) in lost {
            log.error("an alert was not told, it stands in the journal: \(sink): \(why)")
            sinks.countLost(sink)
        }
        await forget(lost.map(\.dispatch.key))
    }

    private func forget(_ keys: [String]) async {
        guard !keys.isEmpty else { return }
        // By itself: the end of this run must not keep what was told from being forgotten.
        let forgetting = Task { [store, log] in
            do {
                try await store.forget(keys)
            } catch {
                log.warning("what was told of alerts may be told again after a restart: \(error)")
            }
        }
        await forgetting.value
    }
}
