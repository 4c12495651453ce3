import Linux

/// Bounds how many entries are written in one second, so that a fault in a loop cannot fill the journal.
struct LogBudget: Sendable {
    let perSecond: Int
    private var second: Int64 = .min
    private var written = 0
    private var dropped = 0

    init(perSecond: Int) {
        self.perSecond = perSecond
    }

    enum Verdict: Equatable {
        case write
        /// Write, and say before it that so many were not.
        case writeAfterDropping(Int)
        case drop
    }

    mutating func judge(_ now: Duration) -> Verdict {
        let current = now.components.seconds
        if current != second {
            second = current
            written = 0
        }
        guard written < perSecond else {
            dropped += 1
            return .drop
        }
        written += 1
        guard dropped > 0 else { return .write }
        defer { dropped = 0 }
        return .writeAfterDropping(dropped)
    }
}
