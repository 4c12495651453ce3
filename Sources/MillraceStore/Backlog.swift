/// Work that a thread has taken up and not begun, in order.
struct Backlog: ~Copyable {
    private var works: [PendingWork] = []
    private var begun = 0
    /// How many of them have to be on disk.
    private var durable = 0

    var count: Int { works.count - begun }
    var isEmpty: Bool { begun == works.count }
    var durability: Durability { durable > 0 ? .disk : .crash }

    init(_ works: [PendingWork] = []) {
        self.works = works
        durable = works.count { $0.durability == .disk }
    }

    /// Takes all there is, leaving an empty array for the next.
    mutating func take(_ others: inout [PendingWork]) {
        works.removeSubrange(..<begun)
        begun = 0
        durable += others.count { $0.durability == .disk }
        if works.isEmpty { swap(&works, &others) } else { works += others }
        others.removeAll(keepingCapacity: others.capacity <= 1024)
    }

    mutating func next() -> PendingWork? {
        guard !isEmpty else { return nil }
        let work = works[begun]
        begun += 1
        if work.durability == .disk { durable -= 1 }
        // What is done is not held.
        if isEmpty {
            works.removeAll(keepingCapacity: begun <= 1024)
            begun = 0
        }
        return work
    }
}
