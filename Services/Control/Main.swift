import ArgumentParser
import Glibc
import Linux

/// Starts the command. A command that calls services runs on the concurrent pool; one that starts services or becomes
/// another program stays on this thread, which lives as long as the process.
@main
enum Main {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == ServiceLauncher.word { ServiceLauncher.run(Array(words.dropFirst())) }
        do {
            var command = try Millctl.parseAsRoot(words)
            if let calling = command as? any AsyncParsableCommand {
                try Interrupts.listen()
                runConcurrently(Errand(command: calling), words)
            }
            try command.run()
            exit(EX_OK)
        } catch {
            end(with: error, words)
        }
    }

    private struct Errand: @unchecked Sendable {
        /// Made here, run once over there, and not looked at again.
        var command: any AsyncParsableCommand
    }

    private static func runConcurrently(_ errand: Errand, _ words: [String]) -> Never {
        MainThread.run {
            var command = errand.command
            do {
                try await command.run()
                exit(EX_OK)
            } catch {
                end(with: error, words)
            }
        }
    }

    private static func end(with error: any Error, _ words: [String]) -> Never {
        let terminal = Terminal(descriptor: STDERR_FILENO, noColor: words.contains("--no-color"))
        if let outcome = error as? Exit { exit(outcome.rawValue) }
        let failure: Failure
        if let known = Failure(any: error) {
            failure = known
        } else {
            let code = Millctl.exitCode(for: error)
            if code == .success {
                Output.line(Millctl.fullMessage(for: error))
                exit(EX_OK)
            }
            failure = Failure(parsing: Millctl.message(for: error), usage: Millctl.fullMessage(for: error))
        }
        Output.error(words.contains("--json") ? JSONOutput.text(failure) : failure.text(for: terminal))
        exit(failure.exit.rawValue)
    }
}

extension Exit: Error {}
