import ArgumentParser
import MillraceProtocol

/// `millctl alert …`
struct AlertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "What is wrong, and who is told.",
        subcommands: [List.self, Silence.self, Unsilence.self, Test.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the alerts that hold, the silences, and with --events what was told lately.",
            discussion: "Ends with 69 when a critical alert fires that is not muted.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "So many of the last events.", transform: OptionValue.integer(0...1000)) var events = 0
        @Option(help: "Only silences with a greater number.", transform: OptionValue.integer(0...Int.max))
        var silencesAfter: Int?
        @Option(help: "How many silences.", transform: OptionValue.integer(AlertList.page)) var limit = 100

        func run() async throws {
            let caller = try Caller(service: KnownService.metrics.name, at: global.place)
            defer { caller.close() }
            let params = AlertList.Params(events: events, silencesAfter: silencesAfter, limit: limit)
            let answer = try await caller.call(AlertList.self, params)
            if global.json {
                JSONOutput.document(answer.raw)
            } else {
                Output.lines(AlertText.lines(answer.value, global.terminal))
            }
            let isGrave = answer.value.alerts.contains {
                $0.severity == .critical && $0.state == .firing && $0.mutedBy == nil
            }
            if isGrave { throw Exit.unavailable }
        }
    }

    struct Silence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has nobody told of an alert for a while.",
            discussion: """
                For instance: millctl alert silence memory --for 2h --comment "the month is being imported"
                              millctl alert silence --label service=preloader --for 30m --comment "moving it"
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The alert's name; alerts of all names when left out.") var rule: String?
        @Option(
            help: "Only alerts with this label: service=runner. May be given again.", transform: LabelOption.read)
        var label: [LabelOption] = []
        @Option(
            name: .customLong("for"), help: "How long: 30m, 2h, 7d.",
            transform: OptionValue.milliseconds(60_000...30 * 86_400_000))
        var span: Int
        @Option(help: "Why.") var comment: String

        func validate() throws {
            if rule == nil && label.isEmpty { throw ValidationError("name an alert, a --label, or both") }
        }

        func run() async throws {
            let params = AlertSilence.Params(
                rule: rule, labels: LabelOption.dictionary(label), forMs: span, comment: comment)
            try await global.ask(AlertSilence.self, params, of: .metrics) { silence, _ in
                ["silence \(silence.id) until \(silence.until); `millctl alert unsilence \(silence.id)` ends it"]
            }
        }
    }

    struct Unsilence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a silence before its time.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The silence's number.", transform: OptionValue.integer(1...Int.max)) var id: Int

        func run() async throws {
            try await global.ask(AlertUnsilence.self, .init(id: id), of: .metrics) { answer, _ in
                [answer.ended ? "silence \(id) is over" : "there is no silence \(id)"]
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends a test notice to every sink.", discussion: "Ends with 69 when one did not take it.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let caller = try Caller(service: KnownService.metrics.name, at: global.place)
            defer { caller.close() }
            let answer = try await caller.call(AlertTest.self, Empty(), timeout: .seconds(120))
            if global.json {
                JSONOutput.document(answer.raw)
            } else {
                Output.lines(
                    answer.value.deliveries.map { delivery in
                        let words = delivery.delivered ? "told" : "not told: \(delivery.reason ?? "no reason given")"
                        return global.terminal.paint(
                            DisplayText.harmless("\(delivery.sink): \(words)"), delivery.delivered ? .good : .bad)
                    })
            }
            if answer.value.deliveries.contains(where: { !$0.delivered }) { throw Exit.unavailable }
        }
    }
}
