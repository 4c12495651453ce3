import ArgumentParser
import MillraceProtocol

/// `millctl limit …`
struct LimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit", abstract: "Limits of the machine, queues, kinds, users, keys and resources.",
        subcommands: [List.self, Set.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the limits and how far they are used.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(LimitList.self, Empty()) { answer, terminal in
                LimitText.table(answer.limits).lines(for: terminal)
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets a limit, at once and beyond restarts; what is left out stays.",
            discussion: """
                For instance: millctl limit set resource notion --rate 3 --burst 3
                              millctl limit set key sync-schedule --running 2 --waiting 10
                              millctl limit set resource notion --clear
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(
            help: "\(LimitScope.allCases.map(\.rawValue).joined(separator: ", ")).", transform: OptionValue.word)
        var scope: LimitScope
        @Argument(
            help: "The queue, kind, user or resource; of keys, their kind. Left out: every user, or keys of every kind."
        )
        var name: String?
        @Option(help: "How many may run at once.", transform: OptionValue.integer(1...1_000_000)) var running: Int?
        @Option(
            help: "How many may wait; the next is refused.", transform: OptionValue.integer(0...1_000_000))
        var waiting: Int?
        @Option(help: "Tokens a second, of a resource.", transform: OptionValue.rate) var rate: Double?
        @Option(help: "Tokens that may gather, of a resource.", transform: OptionValue.integer(1...1_000_000))
        var burst: Int?
        @Flag(help: "Back to what the files or the defaults say.") var clear = false

        func validate() throws {
            let isNamed = running != nil || waiting != nil || rate != nil || burst != nil
            if clear && isNamed { throw ValidationError("--clear stands alone") }
            if !clear && !isNamed {
                throw ValidationError("name what is to be set: --running, --waiting, --rate, --burst or --clear")
            }
            if (rate != nil || burst != nil) && scope != .resource {
                throw ValidationError("--rate and --burst are for resources: limit set resource NAME --rate 3")
            }
            if [.queue, .kind, .resource].contains(scope) && name == nil {
                throw ValidationError("name the \(scope.rawValue): limit set \(scope.rawValue) NAME …")
            }
            if scope == .machine && name != nil { throw ValidationError("the machine has no name") }
        }

        func run() async throws {
            let params = LimitSet.Params(
                scope: scope, name: name, running: running, waiting: waiting, ratePerSecond: rate, burst: burst,
                clear: clear ? true : nil)
            try await global.ask(LimitSet.self, params) { limit, _ in [LimitText.sentence(limit)] }
        }
    }
}
