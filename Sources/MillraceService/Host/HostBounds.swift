/// How long the host waits for what.
enum HostBounds {
    static let statusInterval = Duration.seconds(10)
    /// What a reload may take.
    static let reload = Duration.seconds(30)
    /// What the service manager is asked for at a time, by a start that takes long, and how often.
    static let startPatience = Duration.seconds(90)
    static let startRequests = 120
    /// After the drain's own bound: closing what is left.
    static let afterDrain = Duration.seconds(5)
}
