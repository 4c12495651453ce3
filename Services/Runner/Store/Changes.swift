import Linux
import MillraceProtocol

/// What a transaction made possible besides what it was asked for; the dispatcher is told after the commit.
struct Changes: Sendable {
    /// Lanes in which a job stands that did not before.
    var lanes: Set<Lane> = []
    /// The earliest time among jobs that were scheduled.
    var nextScheduled: Timestamp?
    /// Jobs that ended with it: replaced ones, dependents of a job that failed, also those that came too late for it,
    /// attached ones. Without params.
    var ended: [JobView] = []
    /// Of each job that is live now and was not, other than by its own submission: made by a hook, or retried.
    var created: [Lane] = []

    mutating func merge(_ other: Changes) {
        lanes.formUnion(other.lanes)
        if let time = other.nextScheduled { schedule(time) }
        ended += other.ended
        created += other.created
    }

    mutating func schedule(_ time: Timestamp) {
        nextScheduled = nextScheduled.map { min($0, time) } ?? time
    }
}
