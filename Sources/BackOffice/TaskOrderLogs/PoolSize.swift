public import Linux

/// How many contractors are worked on at once.
public struct PoolSize: Hashable, Sendable {
    /// The environment variable that sets it for `sync-task-order-logs`.
    public static let variable = "TASK_ORDER_LOG_WORKER_POOL_SIZE"
    public static let setting = NumberVariable(variable, 5, 1...20, "Contractors at once")

    /// Within the bounds of ``setting``.
    public let workers: Int

    /// From the text of a setting: nothing, an empty text and what is no number are the standard 5; a number out of
    /// bounds becomes the nearest bound.
    public init(setting: String?) {
        workers = Self.setting.read(setting).value
    }

    /// From a value that no setting was read for: 0 means that nobody chose and is the standard 5.
    public init(configured number: Int) {
        self.init(setting: number == 0 ? nil : String(number))
    }

    /// The workers for so many contractors: never more than there are.
    public func workers(for contractors: Int) -> Int { max(1, min(workers, contractors)) }
}
