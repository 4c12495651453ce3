public import Linux

/// The instant on the boot clock at which waiting ends.
public struct Deadline: Hashable, Comparable, Sendable {
    /// On ``TimeSource/boot()``.
    public let instant: Duration

    public init(instant: Duration) {
        self.instant = instant
    }

    public init(after duration: Duration, time: any TimeSource) {
        instant = time.boot() + duration
    }

    public static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }

    /// Never negative.
    public func remaining(_ time: any TimeSource) -> Duration {
        max(.zero, instant - time.boot())
    }
}

/// A deadline passed before the work was done.
public struct DeadlineExceeded: Error, Hashable, Sendable, CustomStringConvertible {
    public let deadline: Deadline

    public init(_ deadline: Deadline) {
        self.deadline = deadline
    }

    public var description: String { "deadline exceeded" }
}

/// Runs `body`; at the deadline cancels it and throws ``DeadlineExceeded``.
///
/// The body has ended when this returns, so it must heed cancellation: one that does not is waited for.
/// A result that arrives at the deadline counts.
public func withDeadline<R: Sendable>(
    _ deadline: Deadline, time: any TimeSource, _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await time.sleep(until: deadline.instant)
            return nil
        }
        defer { group.cancelAll() }
        while let ended = try await group.next() {
            if let result = ended { return result }
            group.cancelAll()
            // The body may have finished all the same; its cancellation is the deadline's doing.
            let late = await group.nextResult()
            if case .success(let result?) = late { return result }
            throw DeadlineExceeded(deadline)
        }
        throw DeadlineExceeded(deadline)
    }
}
