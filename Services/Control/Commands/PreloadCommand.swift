import ArgumentParser
import MillraceProtocol

/// `millctl preload …`
struct PreloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preload", abstract: "What is loaded for jobs: datasets, what they cost, who asks key by key.",
        subcommands: [
            Stats.self, List.self, Fetch.self, Clear.self, KeyByKey.self, Check.self,
        ], defaultSubcommand: Stats.self)

    @OptionGroup var global: GlobalOptions

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was asked, what it cost and what it saved, since the preloader started.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The dataset; without one, all.") var dataset: String?

        func run() async throws {
            try await global.ask(PreloadStats.self, .init(dataset: dataset), of: .preloader) { answer, terminal in
                PreloadText.stats(answer.datasets, for: terminal, isSingle: dataset != nil)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the datasets that are declared.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(DatasetList.self, Empty(), of: .preloader) { answer, terminal in
                answer.datasets.isEmpty
                    ? ["no dataset is declared"] : PreloadText.datasets(answer.datasets).lines(for: terminal)
            }
        }
    }

    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Loads keys of a dataset and prints what they came to.",
            discussion: "Ends with 1 when a key could not be loaded; one that is missing is no failure.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The dataset.") var dataset: String
        @Argument(help: "The keys.") var keys: [String]

        func run() async throws {
            let params = PreloadFetch.Params(datasets: [DatasetKeys(dataset: dataset, keys: keys)])
            var failed = false
            try await global.ask(PreloadFetch.self, params, of: .preloader) { answer, terminal in
                failed = answer.datasets.contains { !$0.errors.isEmpty }
                return PreloadText.rows(answer.datasets, keys: keys, for: terminal)
            }
            if failed { throw Exit.failure }
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forgets what is kept of a dataset: some keys, or all of them.",
            discussion: """
                For instance: millctl preload clear contractors c1 c2
                              millctl preload clear contractors
                              millctl preload clear --everybody
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The dataset; without one, all.") var dataset: String?
        @Argument(help: "The keys; without them, all.") var keys: [String] = []
        @Flag(help: "What is kept for every user, not only your own.") var everybody = false

        func validate() throws {
            if everybody && !keys.isEmpty {
                throw ValidationError("keys are cleared for one user; leave the keys or --everybody out")
            }
        }

        func run() async throws {
            let params = PreloadClear.Params(
                dataset: dataset, keys: keys.isEmpty ? nil : keys, everybody: everybody ? true : nil)
            try await global.ask(PreloadClear.self, params, of: .preloader) { answer, _ in
                ["\(Counted.text(answer.cleared, "key")) forgotten"]
            }
        }
    }

    struct KeyByKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "n+1", abstract: "Who asks key by key, and what asking in lists would save.")

        @OptionGroup var global: GlobalOptions
        @Flag(help: "Those who ask in lists too.") var all = false

        func run() async throws {
            try await global.ask(CallerList.self, Empty(), of: .preloader) { answer, terminal in
                PreloadText.callers(answer, all: all, for: terminal)
            }
        }
    }
}
