import MillraceStore

/// Which turn at the store a submission gets: one of a user who runs little beside others goes before their bookkeeping.
///
/// What one user submits is written in the order in which it came: while something of his waits in the usual turn, so does
/// the rest.
struct SubmissionTurns: Sendable {
    /// Jobs of one request that take no longer than others may be kept waiting for.
    static let handful = 16

    /// Submissions of the usual turn that are not written yet, by user.
    private var usual = NumberTable<UInt32, Int>()

    mutating func begin(_ jobs: Int, of user: UInt32, isGuest: Bool) -> Turn {
        guard let row = usual.row(of: user) else {
            if isGuest, jobs <= Self.handful { return .express }
            usual.set(user, 1)
            return .usual
        }
        usual[row: row] += 1
        return .usual
    }

    /// The submission was written, or failed.
    mutating func end(_ turn: Turn, of user: UInt32) {
        guard turn == .usual, let row = usual.row(of: user) else { return }
        usual[row: row] -= 1
        if usual[row: row] == 0 { usual.remove(user) }
    }
}
