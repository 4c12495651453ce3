import ArgumentParser
import Linux
import MillraceProtocol

/// `millctl metrics …`
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Figures of all services: now, over time, as a picture.",
        subcommands: [List.self, Query.self, Plot.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists what is counted.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(MetricsList.self, Empty(), of: .metrics) { answer, terminal in
                MetricsText.table(answer.families).lines(for: terminal)
            }
        }
    }

    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What an expression comes to now, or a series was over time.",
            discussion: """
                For instance: millctl metrics query 'sum by (queue) (millrace_queue_ready)'
                              millctl metrics query millrace_queue_ready --since 3h
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "As in alerts.d; with --since, the name of a series.") var expression: String
        @Option(
            help: "Over time since then: 3h, 7d, 2026-11-21T09:30:00Z.", transform: OptionValue.pastTime)
        var since: Timestamp?
        @Option(help: "Until then; now when left out.", transform: OptionValue.pastTime) var until: Timestamp?
        @Option(
            help: "Only series with this label: queue=default. May be given again.",
            transform: LabelOption.read)
        var label: [LabelOption] = []

        func validate() throws {
            if since == nil, until != nil || !label.isEmpty {
                throw ValidationError("--until and --label go with --since; an expression names labels in braces")
            }
        }

        func run() async throws {
            guard let since else {
                try await global.ask(MetricsQuery.self, .init(expression: expression), of: .metrics) {
                    answer, terminal in
                    answer.values.isEmpty
                        ? ["nothing: no such series at the moment"]
                        : MetricsText.table(answer.values).lines(for: terminal)
                }
                return
            }
            let params = MetricsRead.Params(
                name: expression, labels: LabelOption.dictionary(label), from: since, to: until)
            try await global.ask(MetricsRead.self, params, of: .metrics) { answer, terminal in
                MetricsText.courses(answer, terminal)
            }
        }
    }

    struct Plot: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draws series over time, as SVG.",
            discussion: "For instance: millctl metrics plot millrace_queue_ready --since 24h > queues.svg")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The name of a series, as `millctl metrics list` has it.") var name: String
        @Option(help: "Since then: 3h, 7d, 2026-11-21T09:30:00Z.", transform: OptionValue.pastTime)
        var since: Timestamp = SystemTime().wall() - .seconds(3 * 3600)
        @Option(help: "Until then; now when left out.", transform: OptionValue.pastTime) var until: Timestamp?
        @Option(
            help: "Only series with this label: queue=default. May be given again.",
            transform: LabelOption.read)
        var label: [LabelOption] = []
        @Option(name: .shortAndLong, help: "The file; standard output when left out.", completion: .file())
        var output: String?

        func run() async throws {
            let caller = try Caller(service: KnownService.metrics.name, at: global.place)
            defer { caller.close() }
            let params = MetricsRead.Params(
                name: name, labels: LabelOption.dictionary(label), from: since, to: until, limit: 1000)
            let answer = try await caller.call(MetricsRead.self, params).value
            guard !answer.series.isEmpty else {
                throw Failure(
                    .noInput, "nothing is known of \(name) in that time; `millctl metrics list` has the names")
            }
            let end = until ?? SystemTime().wall()
            let picture = MetricsText.plot(name, answer, from: since, to: end).svg(standsAlone: true)
            guard let output else { return Output.line(picture) }
            do throws(SystemError) {
                try Files.write(output, picture + "\n")
            } catch {
                throw Failure(error)
            }
        }
    }
}

/// "queue=default"
struct LabelOption: Sendable, Hashable {
    var name: String
    var value: String

    @Sendable static func read(_ text: String) throws -> LabelOption {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw ValidationError("'\(text)' is no label such as queue=default")
        }
        return LabelOption(name: String(parts[0]), value: String(parts[1]))
    }

    /// Nil for none.
    static func dictionary(_ labels: [LabelOption]) -> [String: String]? {
        labels.isEmpty ? nil : Dictionary(labels.map { ($0.name, $0.value) }) { $1 }
    }
}
