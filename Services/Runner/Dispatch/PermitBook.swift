import Linux

/// Permits that were asked for: those in line, and those granted whose use was not reported yet.
struct PermitBook: Sendable {
    struct Permit: Sendable, Hashable {
        var name: String
        var count: Int
        /// The worker whose connection asked, if it was one.
        var worker: Int?
        /// Nil while it stands in line.
        var pass: ResourceBook.Pass?
    }

    /// Granted permits that are remembered; of the oldest nobody will report any more.
    static let limit = 100_000

    private var permits: [Int64: Permit] = [:]
    private var granted: [Int64] = []

    mutating func add(_ number: Int64, _ permit: Permit) { permits[number] = permit }

    mutating func grant(_ number: Int64, _ pass: ResourceBook.Pass) {
        permits[number]?.pass = pass
        granted.append(number)
        guard granted.count > Self.limit else { return }
        for old in granted.prefix(Self.limit / 2) { permits[old] = nil }
        granted.removeFirst(Self.limit / 2)
    }

    mutating func remove(_ number: Int64) -> Permit? { permits.removeValue(forKey: number) }

    /// Names for whose tokens a worker's connection waits.
    func awaited(by worker: Int) -> Set<String> {
        Set(permits.values.lazy.filter { $0.worker == worker && $0.pass == nil }.map(\.name))
    }
}
