import MillraceProtocol
import MillraceRPC

/// Settings that are wrong; each mistake has its place and what would be right.
struct SettingsProblem: RPCErrorConvertible, ExitCodeConvertible, CustomStringConvertible {
    let mistakes: [String]

    var exitCode: ExitCode { .configuration }

    var rpcError: RPCError {
        RPCError(.failedPrecondition, description, reason: "settings.invalid")
    }

    var description: String { mistakes.joined(separator: "; ") }
}
