public import Linux

/// Waits that take a hundredth of their time, so that a test sees all of a back-off and ends soon; the clock itself runs
/// as ever.
public struct QuickTime: TimeSource {
    private let system = SystemTime()
    private static let factor = 100

    public init() {}

    public func wall() -> Timestamp { system.wall() }
    public func boot() -> Duration { system.boot() }
    public func sleep(until instant: Duration) async throws {
        let rest = instant - boot()
        try await system.sleep(for: rest > .zero ? rest / Self.factor : .zero)
    }
}
