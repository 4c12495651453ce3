import Linux

/// Who asks. Equal callers are one row in the book.
public struct Caller: Hashable, Sendable {
    /// The user's name.
    public var user: String
    /// The systemd unit the process belongs to, where it belongs to one.
    public var unit: String?
    /// The kind of job it asks for, when it says so.
    public var kind: String?

    public init(user: String, unit: String? = nil, kind: String? = nil) {
        self.user = user
        self.unit = unit
        self.kind = kind
    }
}

/// How each caller asks: in lists, or key by key (the "N+1" way), and what lists would have saved.
///
/// A *run* is a sequence of calls of one caller for one key each of the same dataset, none later than ``gap`` after the one
/// before. From ``threshold`` calls on it counts as asking key by key. At most ``limit`` rows are kept; the one that asked
/// least lately goes first.
public struct CallerBook: Sendable {
    public static let threshold = 10
    public static let gap = Duration.seconds(1)
    public static let limit = 1000

    /// How one caller asks for one dataset.
    public struct Row: Hashable, Sendable {
        public var caller: Caller
        public var dataset: String
        public var calls: UInt64 = 0
        public var keys: UInt64 = 0
        /// Runs that were key by key.
        public var runs: UInt64 = 0
        /// Calls in them.
        public var runCalls: UInt64 = 0
        public var longestRun: UInt64 = 0
        /// Calls that as many lists as full chunks hold would have saved.
        public var saved: UInt64 = 0
        public var lastAt: Duration
        /// The run that goes on.
        fileprivate var current: UInt64 = 0
    }

    private struct Key: Hashable {
        var caller: Caller
        var dataset: String
    }

    private var rows: [Key: Row] = [:]
    /// Rows that had to make room.
    public private(set) var forgotten: UInt64 = 0

    public init() {}

    /// Notes one call.
    ///
    /// - Parameter chunk: keys that one list of the dataset may hold.
    public mutating func note(_ caller: Caller, _ dataset: String, keys: Int, chunk: Int, now: Duration) {
        let key = Key(caller: caller, dataset: dataset)
        if rows[key] == nil { makeRoom() }
        Self.note(&rows[key, default: Row(caller: caller, dataset: dataset, lastAt: now)], keys, UInt64(chunk), now)
    }

    private static func note(_ row: inout Row, _ keys: Int, _ chunk: UInt64, _ now: Duration) {
        if keys != 1 || now - row.lastAt > gap { row.current = 0 }
        row.lastAt = now
        row.calls += 1
        row.keys += UInt64(keys)
        guard keys == 1 else { return }
        row.current += 1
        let threshold = UInt64(threshold)
        guard row.current >= threshold else { return }
        row.longestRun = max(row.longestRun, row.current)
        if row.current == threshold {
            row.runs += 1
            row.runCalls += threshold
            row.saved += threshold - (threshold + chunk - 1) / chunk
        } else {
            row.runCalls += 1
            // One more list is needed as soon as the last one is full.
            if (row.current - 1) % chunk != 0 { row.saved += 1 }
        }
    }

    private mutating func makeRoom() {
        guard rows.count >= Self.limit, let oldest = rows.min(by: { $0.value.lastAt < $1.value.lastAt }) else { return }
        rows[oldest.key] = nil
        forgotten += 1
    }

    /// Those who ask key by key come first, by what it would save.
    public var all: [Row] {
        rows.values.sorted { one, other in
            if one.saved != other.saved { return one.saved > other.saved }
            if one.calls != other.calls { return one.calls > other.calls }
            return (one.caller.user, one.dataset) < (other.caller.user, other.dataset)
        }
    }
}
