/// How a process ended and what it used.
public struct Ending: Hashable, Sendable {
    public var status: ExitStatus
    public var usage: ResourceUsage

    public init(status: ExitStatus, usage: ResourceUsage = ResourceUsage()) {
        self.status = status
        self.usage = usage
    }
}
