import ArgumentParser
import JSONCodec

/// `millctl completion bash|zsh|fish`
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Prints the completions for a shell.",
        discussion: "For instance: millctl completion bash > ~/.local/share/bash-completion/completions/millctl")

    enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

    @OptionGroup var global: GlobalOptions
    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() throws {
        let parser: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(Millctl.completionScript(for: parser))
    }
}
