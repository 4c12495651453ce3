import ArgumentParser
import Linux
import MillraceProtocol

/// `millctl breaker …`
struct BreakerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breaker", abstract: "The circuit breakers of what jobs depend on.",
        subcommands: [List.self, Open.self, Close.self, Reset.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the breakers.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(BreakerList.self, Empty()) { answer, terminal in
                answer.breakers.isEmpty
                    ? ["no breaker: no resource declares one"]
                    : LimitText.table(answer.breakers, now: SystemTime().wall()).lines(for: terminal)
            }
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets nothing through, whatever happens, until `breaker reset`.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The breaker.") var name: String

        func run() async throws {
            try await global.ask(BreakerOpen.self, .init(name: name), BreakerCommand.sentence)
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets everything through, whatever happens, until `breaker reset`.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The breaker.") var name: String

        func run() async throws {
            try await global.ask(BreakerClose.self, .init(name: name), BreakerCommand.sentence)
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Closes a breaker, forgets its failures and leaves it to itself again.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The breaker.") var name: String

        func run() async throws {
            try await global.ask(BreakerReset.self, .init(name: name), BreakerCommand.sentence)
        }
    }

    private static func sentence(_ breaker: BreakerView, _: Terminal) -> [String] {
        [DisplayText.harmless("breaker \(breaker.name) is \(LimitText.word(breaker.state))")]
    }
}
