import ArgumentParser
import JSONCodec
import MillraceProtocol

/// `millctl rule …`
struct RuleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rule", abstract: "Rules and patterns by which expenses get their categories.",
        discussion: """
            A rule has a condition in JSON and says what is meant whatever was learned; a pattern is one text, amount or \
            time that counts together with others. Documentation/Categorizer.md has the words of conditions.
            """,
        subcommands: [Put.self, List.self, Test.self, Lint.self, Remove.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps a rule or a pattern, in place of the one that was there.",
            discussion: """
                For instance: millctl rule put Rent --category Housing --when \
                '{"all": [{"merchant": {"contains": "estates"}}, {"amount": {"from": 500}}]}'
                              millctl rule put --category Fuel --type merchant --value shell
                """)

        @OptionGroup var global: GlobalOptions
        @OptionGroup var draft: SignDraft

        func run() async throws {
            let params = PatternPut.Params(pattern: draft.pattern, rule: try draft.rule())
            try await global.ask(PatternPut.self, params, of: .categorizer) { answer, _ in
                let label =
                    answer.rule.map { "rule \($0.name)" } ?? answer.pattern.map { "\($0.type.rawValue) \($0.value)" }
                return ["\(label ?? "it") says \(answer.rule?.categoryName ?? answer.pattern?.categoryName ?? "")"]
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tries a rule or a pattern on what people have confirmed, and keeps nothing.")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var draft: SignDraft
        @Option(help: "Expenses shown of the right and of the wrong ones.", transform: OptionValue.integer(0...50))
        var examples: Int = 5

        func run() async throws {
            let params = PatternTest.Params(pattern: draft.pattern, rule: try draft.rule(), examples: examples)
            try await global.ask(PatternTest.self, params, of: .categorizer, ExpenseText.test)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists rules, patterns and composites.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "Only what applies to this account.") var owner: String?
        @Option(help: "Only what says this category.") var category: String?
        @Flag(help: "Those out of force too.") var inactive = false

        func run() async throws {
            let params = PatternList.Params(owner: owner, category: category, inactive: inactive)
            try await global.ask(PatternList.self, params, of: .categorizer, ExpenseText.patterns)
        }
    }

    struct Lint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Finds rules and patterns that never hit, stand behind others, contradict each other, or are slow.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "Only what applies to this account.") var owner: String?

        func run() async throws {
            try await global.ask(PatternLint.self, .init(owner: owner), of: .categorizer, ExpenseText.lint)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a rule, by its name, or a pattern, by --id, out of force.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The name of the rule.") var name: String?
        @Option(help: "The number of a pattern.") var id: Int64?
        @Option(help: "The account of the rule.") var owner: String?

        func validate() throws {
            if (name == nil) == (id == nil) { throw ValidationError("give either the name of a rule or --id") }
        }

        func run() async throws {
            let params = PatternRemove.Params(id: id, rule: name, owner: owner)
            try await global.ask(PatternRemove.self, params, of: .categorizer) { answer, _ in
                [answer.removed ? "out of force" : "it was out of force already"]
            }
        }
    }
}

/// A rule or a pattern as it is written on the command line.
struct SignDraft: ParsableArguments {
    @Argument(help: "The name of the rule; a pattern has none.") var name: String?
    @Option(help: "The category.") var category: String
    @Option(help: "A rule's condition: JSON, @FILE, or @- for standard input.") var when: String?
    @Option(help: "A rule's priority; higher ones are asked first.") var priority: Int?
    @Option(help: "A pattern's type.", transform: OptionValue.word) var type: PatternKind?
    @Option(help: "A pattern's value.") var value: String?
    @Option(help: "A pattern's weight, 0.1 to 5.") var weight: Double?
    @Option(help: "The account it applies to; without one, all.") var owner: String?

    func validate() throws {
        let isRule = name != nil && when != nil && type == nil && value == nil && weight == nil
        let isPattern = name == nil && when == nil && type != nil && value != nil && priority == nil
        if !isRule, !isPattern {
            throw ValidationError("give a name and --when for a rule, or --type and --value for a pattern")
        }
    }

    var pattern: PatternDraft? {
        guard let type, let value else { return nil }
        return PatternDraft(type: type, value: value, category: category, owner: owner, weight: weight)
    }

    func rule() throws(Failure) -> RuleDraft? {
        guard let name, let when else { return nil }
        return RuleDraft(
            name: name, category: category, owner: owner, condition: try ParamsSource(option: "--when").read(when),
            priority: priority)
    }
}
