/// A process for each item: JSON on standard input, JSON on standard output.
public struct CommandDefinition: Hashable, Sendable {
    public var process: ProcessDefinition
    /// Bytes of standard output that are taken, 1…15 MiB.
    public var outputLimit = 1 << 20
    /// From TERM to KILL, 0…1 h.
    public var grace = Duration.seconds(10)

    public init(_ process: ProcessDefinition) {
        self.process = process
    }
}
