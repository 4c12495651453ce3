import MillraceProtocol

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
