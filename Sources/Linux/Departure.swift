import CLinux
import Glibc

/// Waiting until processes, not necessarily children, are gone.
enum Departure {
    /// So many are waited for at once; each takes a descriptor.
    private static let width = 256

    /// A pidfd of exactly this process; nil when it has ended.
    static func open(_ entry: ProcessTable.Entry) -> Descriptor? {
        let raw = millrace_pidfd_open(entry.pid)
        guard raw >= 0 else { return nil }
        let pidfd = Descriptor(raw)
        // Between the look at it and now the pid may have become another's.
        guard let now = ProcessTable.entry(of: entry.pid), now.started == entry.started else {
            return nil
        }
        return pidfd
    }

    /// Returns when the first few hundred of them are gone, or when the time is over.
    static func wait(for entries: [ProcessTable.Entry], atMost limit: Duration, time: any TimeSource)
        async
    {
        let pidfds = entries.prefix(width).compactMap { open($0) }
        let poller: Poller
        do throws(SystemError) {
            poller = try Children.poller()
        } catch {
            return
        }
        if pidfds.isEmpty { return }
        let wait = Wait(pidfds.count)
        let watches = Locked<[Int: Poller.Watch]>([:])
        let timer = Task {
            do { try await time.sleep(for: limit) } catch { return }
            wait.finish()
        }
        for (index, pidfd) in pidfds.enumerated() {
            watches.withLock { table in
                do throws(SystemError) {
                    table[index] = try poller.watch(pidfd.raw, .readable) { _ in
                        guard let watch = watches.withLock({ $0.removeValue(forKey: index) }) else { return }
                        poller.cancel(watch)
                        wait.count()
                    }
                } catch {
                    wait.count()
                }
            }
        }
        await wait.done()
        timer.cancel()
        for watch in watches.withLock({ $0.values }) { poller.cancel(watch) }
        withExtendedLifetime(pidfds) {}
    }
}

/// Ends after so many events, or when it is told to.
private final class Wait: Sendable {
    private struct State {
        var rest: Int
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state: Locked<State>

    init(_ rest: Int) { state = Locked(State(rest: rest)) }

    func count() {
        resume { $0.rest -= 1 }
    }

    func finish() {
        resume { $0.rest = 0 }
    }

    func done() async {
        await withCheckedContinuation { continuation in
            resume { $0.continuation = continuation }
        }
    }

    private func resume(_ change: (inout State) -> Void) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard state.rest <= 0 else { return nil }
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }
}
