/// Tasks that sleep until instants of the boot clock.
///
/// The runtime's own sleep keeps a timer until its instant comes, even when its task was cancelled long before: hundreds of
/// bytes for each call that ended within its timeout. Here who is cancelled is gone at once. The runtime is asked for few
/// sleeps, each of which ends before all that it was asked for earlier, and none of which is ever cancelled.
final class Sleepers: Sendable {
    static let shared = Sleepers()

    fileprivate struct Sleeper {
        let instant: Duration
        let number: UInt64
    }

    fileprivate struct State {
        /// A binary heap, the earliest first. Those that were cancelled stay in it until they are the most.
        var order: [Sleeper] = []
        var asleep: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var lastNumber: UInt64 = 0
        /// When the runtime wakes us; the earliest last.
        var alarms: [Duration] = []
    }

    private let state = Locked(State())
    private let time = SystemTime()

    /// Suspends until the boot clock reaches `instant`.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(until instant: Duration) async throws {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let hasCome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFirst = state.withLock { state in
                    state.asleep[number] = continuation
                    state.add(Sleeper(instant: instant, number: number))
                    return state.needsAlarm(at: instant)
                }
                if isFirst { wake(at: instant) }
                // Who was cancelled before that was looked for in vain.
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
        if !hasCome { throw CancellationError() }
    }

    /// How many sleep, how many the heap holds, and how often the runtime will wake us.
    var counts: (asleep: Int, held: Int, alarms: Int) {
        state.withLock { ($0.asleep.count, $0.order.count, $0.alarms.count) }
    }

    private func cancel(_ number: UInt64) {
        state.withLock { state in
            let continuation = state.asleep.removeValue(forKey: number)
            state.tidy()
            return continuation
        }?.resume(returning: false)
    }

    /// Has the runtime wake us. Detached, for it is nothing of the caller that happened to be first.
    private func wake(at instant: Duration) {
        Task.detached { [self] in
            // ContinuousClock is CLOCK_BOOTTIME on Linux; the difference is taken, so its origin does not matter.
            let rest = instant - time.boot()
            if rest > .zero { try? await Task.sleep(for: rest, clock: .continuous) }
            alarmRings(instant)
        }
    }

    private func alarmRings(_ instant: Duration) {
        let now = time.boot()
        let (due, next) = state.withLock { state in
            if let index = state.alarms.lastIndex(of: instant) { state.alarms.remove(at: index) }
            var due: [CheckedContinuation<Bool, Never>] = []
            while let first = state.order.first {
                let continuation = state.asleep[first.number]
                guard continuation == nil || first.instant <= now else { break }
                state.removeFirst()
                state.asleep[first.number] = nil
                if let continuation { due.append(continuation) }
            }
            return (due, state.order.first.flatMap { state.needsAlarm(at: $0.instant) ? $0.instant : nil })
        }
        if let next { wake(at: next) }
        for continuation in due { continuation.resume(returning: true) }
    }
}

extension Sleepers.State {
    /// Whether nothing wakes us by then; if so, it is noted that something will.
    fileprivate mutating func needsAlarm(at instant: Duration) -> Bool {
        if let earliest = alarms.last, earliest <= instant { return false }
        alarms.append(instant)
        return true
    }

    fileprivate mutating func add(_ sleeper: Sleepers.Sleeper) {
        var index = order.count
        order.append(sleeper)
        while index > 0, order[(index - 1) / 2].instant > sleeper.instant {
            order.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    fileprivate mutating func removeFirst() {
        order.swapAt(0, order.count - 1)
        order.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < order.count {
                if order[child].instant < order[least].instant { least = child }
            }
            if least == index { return }
            order.swapAt(index, least)
            index = least
        }
    }

    /// Forgets those that were cancelled once they are the most. What is sorted is a heap.
    fileprivate mutating func tidy() {
        guard order.count > 64, order.count > 2 * asleep.count else { return }
        order.removeAll { asleep[$0.number] == nil }
        order.sort { $0.instant < $1.instant }
    }
}
