import Linux

/// Users who have had work of late. While there is more than one, the last places are kept for whoever holds few; a user
/// who is alone has them all.
struct Guests: Sendable {
    /// How long a user is remembered.
    static let memory = Duration.seconds(3600)

    /// When each had work last, by boot time.
    private var seen = NumberTable<UInt32, Duration>()

    func knows(_ user: UInt32) -> Bool { seen.row(of: user) != nil }

    /// Whether there is more than one.
    var areMany: Bool { seen.count > 1 }

    /// Whether others than the user are there.
    func areThere(besides user: UInt32) -> Bool { seen.count > 1 || !seen.isEmpty && !knows(user) }

    /// Notes that a user has work; true when he was not there before.
    mutating func note(_ user: UInt32, now: Duration) -> Bool {
        if let row = seen.row(of: user) {
            seen[row: row] = now
            return false
        }
        seen.set(user, now)
        return true
    }

    /// Forgets a user who had no work for so long; else when he would be forgotten.
    mutating func forget(_ user: UInt32, now: Duration) -> Duration? {
        guard let last = seen[user] else { return nil }
        if last + Self.memory > now { return last + Self.memory }
        seen.remove(user)
        return nil
    }
}
