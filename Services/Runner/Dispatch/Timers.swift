import MillraceProtocol

/// What becomes due when: a binary heap on the boot clock. Entries are not withdrawn one by one; whoever takes one out
/// looks whether it still means anything, and from time to time all that mean nothing any more are swept out.
struct Timers: Sendable {
    enum Subject: Sendable, Hashable {
        /// An item of the job may be tried again.
        case items(JobID)
        /// The job has run too long.
        case timeout(JobID)
        /// What was cancelled has not ended.
        case grace(JobID)
        /// An item has run too long.
        case lease(Int64)
        /// A dependency may be asked again, or a token is there.
        case resource(String)
        /// A user has had no work for long.
        case guest(UInt32)
    }

    private var heap: [(at: Duration, subject: Subject)] = []

    var next: Duration? { heap.first?.at }

    var count: Int { heap.count }

    /// Sweeps out what means nothing any more.
    mutating func keep(where matters: (Subject) -> Bool) {
        heap.removeAll { !matters($0.subject) }
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(from: parent) }
    }

    mutating func add(_ subject: Subject, at instant: Duration) {
        heap.append((instant, subject))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].at < heap[parent].at else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out one that is due.
    mutating func take(at now: Duration) -> Subject? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(from: 0)
        }
        return first.subject
    }

    private mutating func sink(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
