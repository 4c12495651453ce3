/// The rules of a queue.
public struct QueueDefinition: Hashable, Sendable {
    /// What an acknowledged job survives.
    public enum Durability: String, Hashable, Sendable, CaseIterable {
        /// A power cut.
        case disk
        /// A crash of the runner, not of the machine.
        case crash
    }

    public var name: String
    public var durability = Durability.disk
    /// Jobs of the queue that run at once, 1…10,000; nil is no limit of its own.
    public var concurrency: Int?
    /// Jobs that may wait in it, 1…1,000,000,000; the next is refused. Nil is no limit of its own.
    public var waiting: Int?

    public init(name: String) {
        self.name = name
    }
}
