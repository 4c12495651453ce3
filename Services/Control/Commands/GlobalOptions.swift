import ArgumentParser
import Glibc
import Linux

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
