import MillraceProtocol

/// The jobs at work, by id, each changed where it lies. In a dictionary each change would move the whole of a job out and
/// back, and a job is looked up and changed a dozen times for each of its items.
struct JobTable: Sendable {
    private var places: [JobID: Int] = [:]
    private var slots: [ActiveJob?] = []
    private var free: [Int] = []

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }
    var keys: Dictionary<JobID, Int>.Keys { places.keys }
    var values: some Sequence<ActiveJob> { slots.lazy.compactMap(\.self) }

    /// Nil where there is no such job; a job is taken in by assigning it, and let go by ``removeValue(forKey:)`` alone.
    subscript(id: JobID) -> ActiveJob? {
        _read {
            if let place = places[id] { yield slots[place] } else { yield nil }
        }
        _modify {
            if let place = places[id] {
                yield &slots[place]
            } else {
                var new: ActiveJob?
                yield &new
                if let new { insert(new, id) }
            }
        }
    }

    mutating func removeValue(forKey id: JobID) -> ActiveJob? {
        guard let place = places.removeValue(forKey: id) else { return nil }
        free.append(place)
        defer { slots[place] = nil }
        return slots[place]
    }

    private mutating func insert(_ job: ActiveJob, _ id: JobID) {
        if let place = free.popLast() {
            slots[place] = job
            places[id] = place
        } else {
            places[id] = slots.count
            slots.append(job)
        }
    }
}
