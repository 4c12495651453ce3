import Linux

/// Has the kernel begin to write the log to the disk while it grows.
///
/// Commits of class `crash` leave their pages in the kernel's memory, and the checkpoint has to sync them all before it
/// copies them back: some milliseconds for a thousand of them, in which no other commit goes through. With most of them
/// written by then it finds little left to do. Nothing is promised by it and nothing waits for it: what fails is passed over,
/// and what has to be safe is synced as before.
struct LogWriteback {
    /// The length of a page with its frame's header.
    private let frame: Int
    private let file: Descriptor?
    /// What lies before this was handed over, or synced.
    private var begun = 0

    /// The log's header.
    private static let header = 32
    /// So much is handed over at once; less would be more calls for the same.
    private static let portion = 256 << 10
    /// The kernel's.
    private static let page = 4096

    /// Of the connection's log; where it cannot be opened nothing is done.
    init(of connection: Connection) {
        frame = 24 + ((try? connection.integer("PRAGMA page_size")) ?? 4096)
        file = connection.logPath.flatMap { try? Files.open($0) }
    }

    /// The log ends with that frame now.
    ///
    /// - Parameter isSynced: whether it was synced to its end.
    /// - Returns: how many bytes were handed over.
    mutating func advance(to frames: Int, isSynced: Bool) -> Int {
        let end = Self.header + frames * frame
        // It has started anew.
        if end < begun { begun = 0 }
        if isSynced { begun = end }
        // The last page is written to again by the next commit.
        let whole = end / Self.page * Self.page
        guard let file, whole - begun >= Self.portion else { return 0 }
        defer { begun = whole }
        return (try? file.beginWriting(begun..<whole)) == nil ? 0 : whole - begun
    }
}
