import ArgumentParser
import Glibc
import Linux
import MillraceProtocol

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder of a suite without systemd; else $MILLRACE_STATE; else the sockets in /run/millrace.",
            valueName: "dir"),
        completion: .directory)
    var state: String?

    @Flag(name: .long, help: "One JSON document instead of text; errors on standard error too.")
    var json = false

    @Flag(name: .customLong("no-color"), help: "No colours, as with $NO_COLOR.")
    var noColor = false

    func validate() throws {
        if state == "" { throw ValidationError("--state is empty: name a folder, or leave the option out") }
    }

    /// Where services are found.
    var place: Place { Place(state: state, variable: Environment["MILLRACE_STATE"]) }

    var terminal: Terminal { Terminal(descriptor: STDOUT_FILENO, noColor: noColor) }
    var errorTerminal: Terminal { Terminal(descriptor: STDERR_FILENO, noColor: noColor) }

    /// The state folder, for commands that are for such a suite alone.
    func requiredState() throws(Failure) -> StateDirectory {
        guard case .state(let state) = place else {
            throw Failure(.usage, "no state folder: give --state DIR or set MILLRACE_STATE")
        }
        return state
    }
}

/// Where services are found: in the folder of `millctl up`, or where systemd has them.
enum Place: Hashable, Sendable {
    case state(StateDirectory)
    case system

    static let systemFolder = "/run/millrace"

    /// The option decides, then the variable; an empty one counts as none.
    init(state: String?, variable: String?) {
        let chosen = [state, variable].lazy.compactMap { $0 }.first { !$0.isEmpty }
        self = chosen.map { .state(StateDirectory($0)) } ?? .system
    }

    func socket(of service: String) -> String {
        switch self {
        case .state(let state): state.socket(of: service)
        case .system: "\(Self.systemFolder)/\(service).sock"
        }
    }

    /// Where its settings and declarations are.
    var configuration: ConfigurationFolder {
        switch self {
        case .state(let state): state.configuration
        case .system: ConfigurationFolder(state: nil)
        }
    }

    /// What starts the suite here.
    var startCommand: String {
        switch self {
        case .state(let state): "millctl up --state \(ShellWord.quoted(state.path))"
        case .system: "systemctl start millrace.target"
        }
    }

    /// ` --state DIR` for a command we propose, empty where none is needed.
    var option: String { words.map { " " + ShellWord.quoted($0) }.joined() }

    /// The same for one we run.
    var words: [String] {
        switch self {
        case .state(let state): ["--state", state.path]
        case .system: []
        }
    }
}

/// A word as a shell takes it.
enum ShellWord {
    static func quoted(_ word: String) -> String {
        let harmless = word.utf8.allSatisfy { byte in
            let scalar = Unicode.Scalar(byte)
            return scalar.properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
                || "/._-+:,@%=".unicodeScalars.contains(scalar)
        }
        if harmless && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
