import Linux

/// How soon a service that died is started again, and when it is given up.
///
/// Five deaths within 60 s are too many. The pause doubles with each death of that window, from 100 ms to 5 s.
struct RestartBudget: Sendable {
    static let deaths = 5
    static let window = Duration.seconds(60)
    static let firstPause = Duration.milliseconds(100)
    static let longestPause = Duration.seconds(5)

    enum Verdict: Hashable, Sendable {
        case restart(after: Duration, death: Int)
        case giveUp
    }

    private var recent: [Duration] = []

    init() {}

    /// Notes a death at `now`, a time of the boot clock.
    mutating func died(at now: Duration) -> Verdict {
        recent.removeAll { now - $0 > Self.window }
        recent.append(now)
        guard recent.count < Self.deaths else { return .giveUp }
        let pause = Self.firstPause * (1 << (recent.count - 1))
        return .restart(after: min(pause, Self.longestPause), death: recent.count)
    }
}
