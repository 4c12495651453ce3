import MillraceProtocol

/// Where ready jobs stand one behind the other: jobs of one kind, from one user, in one queue.
struct Lane: Hashable, Sendable, Comparable {
    var queue: String
    var kind: String
    var uid: UInt32

    static func < (left: Lane, right: Lane) -> Bool {
        (left.queue, left.kind, left.uid) < (right.queue, right.kind, right.uid)
    }
}

/// How many jobs to take from a lane.
struct LaneRequest: Hashable, Sendable {
    var lane: Lane
    var count: Int
    /// Whether jobs of the kind are their own single item, as far as is known now; those get no rows for items.
    var isPlain: Bool
}

/// The jobs of one lane that are not over.
struct LaneCount: Hashable, Sendable {
    var lane: Lane
    /// In the lane itself.
    var ready = 0
    /// Kept out of it by a ``JobHold``.
    var held = 0
    /// Waiting for their time.
    var scheduled = 0
    var running = 0

    var total: Int { ready + held + scheduled + running }
}
