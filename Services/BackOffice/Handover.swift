import Linux
import MillraceProtocol

/// What planning a job read, kept for its preload, which follows at once and mostly in the same process.
///
/// Bounded in number and age: whoever comes late reads again.
final class Handover<Value: Sendable>: Sendable {
    static var capacity: Int { 4 }
    static var lifetime: Duration { .seconds(10) }

    private struct Kept: Sendable {
        var job: JobID
        var value: Value
        var since: Duration
    }

    private let kept = Locked<[Kept]>([])
    private let time: any TimeSource

    init(time: any TimeSource) { self.time = time }

    func put(_ value: Value, for job: JobID) {
        let now = time.boot()
        kept.withLock { kept in
            kept.removeAll { $0.job == job || now - $0.since > Self.lifetime }
            if kept.count == Self.capacity { kept.removeFirst() }
            kept.append(Kept(job: job, value: value, since: now))
        }
    }

    /// The value, which is gone with this; nil when there is none or it is old.
    func take(for job: JobID) -> Value? {
        let now = time.boot()
        return kept.withLock { kept in
            guard let index = kept.firstIndex(where: { $0.job == job }) else { return nil }
            let found = kept.remove(at: index)
            return now - found.since > Self.lifetime ? nil : found.value
        }
    }
}
