import JSONCodec
import MillraceProtocol

/// A hook that a kind declares for all its jobs.
struct KindHook: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case job(JobHook.FollowUp)
        case task(HookTask)
    }

    var on: Set<JobState>
    var action: Action
}

/// What a hook job does that the runner carries out by itself.
///
/// It is kept beside the job's params, which anyone may see: a secret is not shown.
enum HookTask: Hashable, Sendable {
    /// Posts the job's params.
    case http(JobHook.Callback)
    /// Runs a program with its arguments and gives it the job's params on its standard input.
    case command([String])

    /// The kind of jobs that run a command; the runner does their work, and nobody else submits them.
    static let commandKind = "hook.command"
    /// The kind of jobs that post an event: a workload like any other, see Documentation/Hooks.md.
    static let callbackKind = "http-callback"

    var kind: String {
        switch self {
        case .command: Self.commandKind
        case .http: Self.callbackKind
        }
    }
}

extension HookTask: JSONCodable {
    init(from json: inout JSONReader) throws(JSONError) {
        var task: HookTask?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "http": task = .http(try json.value())
            case "command": task = .command(try json.value())
            default: try json.skip()
            }
        }
        guard let task else { throw json.invalid("a task is http or command") }
        self = task
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            switch self {
            case .http(let callback): $0.member("http", callback)
            case .command(let words): $0.member("command", words)
            }
        }
    }
}
