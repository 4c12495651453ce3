import Linux

/// The loads of one scope of a dataset. Guarded by the lock of the dataset.
final class Lane: @unchecked Sendable {
    /// What newcomers join: everything that waits or is on its way, but for what was cleared or primed meanwhile.
    var loads: [LoadKey: KeyLoad] = [:]
    /// Gathering.
    private var window: [KeyLoad] = []
    private(set) var windowSize = 0
    /// When the window closes by itself.
    var closesAt = Duration.zero
    /// Released, in the order of coming.
    private var ready: [KeyLoad] = []
    private var taken = 0
    private(set) var readySize = 0

    var isEmpty: Bool { loads.isEmpty && windowSize == 0 && readySize == 0 }

    /// Puts a load into the window.
    func gather(_ load: KeyLoad, closingAt end: Duration) {
        if windowSize == 0 {
            window.removeAll(keepingCapacity: true)
            closesAt = end
        } else if window.count > 64, window.count > 2 * windowSize {
            window.removeAll { $0.phase != .gathering }
        }
        loads[load.key] = load
        window.append(load)
        windowSize += 1
    }

    /// Releases the window.
    func close() {
        if taken > 0, taken * 2 >= ready.count {
            ready.removeFirst(taken)
            taken = 0
        }
        if ready.count > 64, ready.count > 2 * readySize + taken {
            ready.removeAll { $0.phase != .released }; taken = 0
        }
        for load in window where load.phase == .gathering {
            load.phase = .released
            ready.append(load)
            readySize += 1
        }
        window.removeAll(keepingCapacity: true)
        windowSize = 0
    }

    /// Takes so many of what is released, the first to come first.
    func take(atMost limit: Int) -> [KeyLoad] {
        var loads: [KeyLoad] = []
        while taken < ready.count, loads.count < limit {
            if ready[taken].phase == .released { loads.append(ready[taken]) }
            taken += 1
        }
        readySize -= loads.count
        if readySize == 0 {
            ready = []
            taken = 0
        }
        return loads
    }

    /// Drops a load that has not started.
    func drop(_ load: KeyLoad) {
        switch load.phase {
        case .gathering: windowSize -= 1
        case .released: readySize -= 1
        case .loading, .over: return
        }
        load.phase = .over
    }
}
