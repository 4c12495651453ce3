/// The command line of a worker: where its runner is, and what to print instead of working. Its settings are not on it.
public struct ProgramOptions: Sendable {
    /// The runner's socket.
    public let connect: String?
    /// The suite's folder.
    public let state: String?
    public let checksConfiguration: Bool
    public let showsVersion: Bool
    public let showsHelp: Bool
    /// All that is wrong with it.
    public let mistakes: [String]

    public init(_ arguments: [String]) {
        let reserved = ["--connect", "--state", "--check-config", "--version", "--help"]
        let options = ServiceOptions(arguments, flags: [], reserved: reserved)
        connect = options.connect
        state = options.state
        checksConfiguration = options.checksConfiguration
        showsVersion = options.showsVersion
        showsHelp = options.showsHelp
        mistakes = options.mistakes
    }
}
