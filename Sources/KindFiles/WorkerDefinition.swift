/// A program of which the runner keeps processes, each speaking the worker protocol over a socket pair.
public struct WorkerDefinition: Hashable, Sendable {
    /// That of an entry of `workers:`, or of the kind that declares it for itself.
    public var name: String
    public var process: ProcessDefinition
    /// Processes at most, 1…64.
    public var processes = 2
    /// Processes that are kept although there is nothing to do, 0…`processes`.
    public var warm = 1
    /// One that had nothing to do for so long is ended unless it is among the warm; 1 s…30 d.
    public var idle = Duration.seconds(300)
    /// One that is older than this is replaced when it has finished what it is doing; 10 s…365 d.
    public var age = Duration.seconds(1800)
    /// How often it is asked whether it is alive; one that owes the answer for as long again is replaced. 100 ms…1 h.
    public var ping = Duration.seconds(10)
    /// Items that one process is given at once, 1…1,000; nil is what the worker says of itself.
    public var capacity: Int?
    /// From TERM to KILL, 0…1 h.
    public var grace = Duration.seconds(10)

    public init(name: String, process: ProcessDefinition) {
        self.name = name
        self.process = process
    }
}
