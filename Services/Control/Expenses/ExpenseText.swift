import MillraceProtocol

/// What the categorizer says, for people.
enum ExpenseText {
    // MARK: Answers

    static func lines(_ answer: CategorizationResult, for terminal: Terminal) -> [String] {
        var facts = Facts()
        facts.add("Category", answer.categoryName ?? "none", answer.categoryID == nil ? .warning : .good)
        facts.add("Problem", answer.error.map { "\($0.message) (\($0.kind.rawValue))" }, .bad)
        facts.add(
            "Confidence",
            answer.categoryID == nil ? nil : "\(percent(answer.confidence)), \(words(answer.confidenceLevel))")
        facts.add("By", words(answer.method))
        facts.add("Rests on", answer.patternsUsed.joined(separator: ", "))
        facts.add("Perhaps", alternatives(answer.suggestions))
        facts.add("Or", alternatives(answer.alternativeCategories))
        facts.add("Stored", answer.stored ? "yes" : nil)
        return facts.lines(for: terminal)
    }

    static func explanation(_ said: ExpenseExplain.Result, for terminal: Terminal) -> [String] {
        var lines = lines(said.result, for: terminal)
        func add(_ title: String, _ table: Table) {
            guard !table.rows.isEmpty else { return }
            lines += ["", terminal.paint(title, .strong)] + table.lines(for: terminal)
        }
        var factors = Table([.text("Factor"), .number("Value"), .number("Weight"), .number("Share")])
        for (name, part) in (said.result.confidenceBreakdown ?? [:]).sorted(by: {
            $0.value.percentage > $1.value.percentage
        }) {
            factors.add([
                Table.Cell(words(name)), Table.Cell("\(part.value)"), Table.Cell("\(part.weight)"),
                Table.Cell("\(part.percentage) %"),
            ])
        }
        add(
            said.gated ? "The text was too unlike for more than itself to count" : "What the confidence is made of",
            factors)
        var hits = Table([
            .text("Spoke", shrinksTo: 15), .text("For"), .text("How"), .number("Alike"), .number("Alone"),
        ])
        for hit in said.hits {
            hits.add([
                Table.Cell(hit.label), Table.Cell(hit.categoryName), Table.Cell(hit.manner),
                Table.Cell(hit.score.map { "\($0)" } ?? ""), Table.Cell(percent(hit.confidence)),
            ])
        }
        add("What spoke", hits)
        var misses = Table([.text("Nearly", shrinksTo: 15), .text("For"), .number("Reached"), .number("Needed")])
        for miss in said.nearMisses {
            misses.add([
                Table.Cell(miss.label), Table.Cell(miss.categoryName), Table.Cell("\(miss.score)"),
                Table.Cell("\(miss.minimum)"),
            ])
        }
        add("What nearly spoke", misses)
        var reasons = Table([.text("What was learned", shrinksTo: 15), .number("Weight")])
        for reason in said.reasons { reasons.add([Table.Cell(reason.feature), Table.Cell("\(reason.contribution)")]) }
        add("What the learned layer saw\(said.learned.isEmpty ? "" : ": \(alternatives(said.learned))")", reasons)
        var teachers = Table([.text("Taught", shrinksTo: 15), .text("By"), .text("At"), .text("With", optional: true)])
        for teacher in said.teachers {
            teachers.add([
                Table.Cell(teacher.label), Table.Cell(teacher.by), Table.Cell(teacher.at),
                Table.Cell(teacher.expenseID ?? ""),
            ])
        }
        add("Who taught it", teachers)
        return lines
    }

    static func lines(_ lesson: LessonView) -> [String] {
        let parts = [
            ("new", lesson.created), ("stronger or weaker", lesson.updated), ("out of force", lesson.deactivated),
        ]
        let said = parts.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
        return ["\(lesson.expenseID): \(said.isEmpty ? "learned" : said.joined(separator: "; "))"]
    }

    static func list(_ answer: ExpenseList.Result, for terminal: Terminal) -> [String] {
        guard !answer.expenses.isEmpty else { return ["there is none"] }
        var table = Table([
            .text("Id", shrinksTo: 8), .text("Day", optional: true), .text("Merchant", shrinksTo: 12),
            .number("Amount"),
            .text("Category", shrinksTo: 10), .text("By", optional: true), .number("Confidence", leaves: 1),
        ])
        for kept in answer.expenses {
            table.add([
                Table.Cell(kept.expense.id), Table.Cell(String((kept.expense.transactionDate ?? "").prefix(10))),
                Table.Cell(kept.expense.merchantName ?? kept.expense.description ?? ""),
                Table.Cell(kept.expense.amount.map { "\($0)" } ?? ""), Table.Cell(kept.categoryName ?? ""),
                Table.Cell(kept.method.map(words) ?? ""), Table.Cell(kept.confidence.map(percent) ?? ""),
            ])
        }
        return table.lines(for: terminal)
            + (answer.more ? ["and more: --after \(answer.expenses.last?.expense.id ?? "")"] : [])
    }

    static func budget(_ view: ChatBudgetView, for terminal: Terminal) -> [String] {
        guard view.budget > 0 else {
            return ["the chat service is not asked about merchants: ChatBudget in categorizer.conf is 0"]
        }
        return Facts([
            ("Month", view.month), ("Budget", "\(view.budget)"), ("Spent", "\(view.spent)"),
            ("Questions", "\(view.questions)"), ("Merchants", "\(view.merchants) with an answer that is kept"),
        ]).lines(for: terminal)
    }

    // MARK: Rules and patterns

    static func patterns(_ answer: PatternList.Result, for terminal: Terminal) -> [String] {
        var table = Table([
            .number("Id"), .text("Type"), .text("Value", shrinksTo: 12), .text("Says", shrinksTo: 10),
            .text("Account", optional: true), .number("Weight"), .number("Used"), .number("Right", leaves: 1),
            .text("Force", optional: true),
        ])
        for rule in answer.rules {
            table.add([
                "", "rule", Table.Cell("\(rule.name): \(rule.condition.text)"), Table.Cell(rule.categoryName),
                Table.Cell(rule.owner ?? ""), Table.Cell("\(rule.priority)"), "", "",
                Table.Cell(rule.active ? "" : "none"),
            ])
        }
        for pattern in answer.patterns {
            table.add([
                Table.Cell("\(pattern.id)"), Table.Cell(pattern.type.rawValue), Table.Cell(pattern.value),
                Table.Cell(pattern.categoryName), Table.Cell(pattern.owner ?? ""), Table.Cell("\(pattern.weight)"),
                Table.Cell(pattern.usageCount), Table.Cell(pattern.successCount),
                Table.Cell(pattern.active ? "" : "none"),
            ])
        }
        for composite in answer.composites {
            table.add([
                Table.Cell("\(composite.id)"), "composite",
                Table.Cell(
                    "\(composite.name): \(composite.combination) of \(composite.patterns.map(String.init).joined(separator: ", "))"
                ),
                Table.Cell(composite.categoryName), Table.Cell(composite.owner ?? ""),
                Table.Cell("\(composite.weight)"), "",
                "", Table.Cell(composite.active ? "" : "none"),
            ])
        }
        guard !table.rows.isEmpty else { return ["there is none"] }
        return table.lines(for: terminal) + (answer.more ? ["and more"] : [])
    }

    static func test(_ answer: PatternTest.Result, for terminal: Terminal) -> [String] {
        var facts = Facts([
            ("Held against", "\(answer.history) confirmed expenses"), ("Meets", "\(answer.hits)"),
            ("Right", "\(answer.right)"),
        ])
        facts.add("Wrong", "\(answer.wrong)", answer.wrong > 0 ? .warning : .plain)
        facts.add("Would change", "\(answer.decidedOtherwise) of the right ones, which get another or no answer now")
        var table = Table([.text("Expense", shrinksTo: 8), .text("Text", shrinksTo: 15), .text("Is"), .text("")])
        for example in answer.examples {
            table.add([
                Table.Cell(example.expenseID), Table.Cell(example.text), Table.Cell(example.categoryName),
                Table.Cell(example.right ? "right" : "wrong", example.right ? .good : .bad),
            ])
        }
        return facts.lines(for: terminal) + (answer.examples.isEmpty ? [] : [""] + table.lines(for: terminal))
    }

    static func lint(_ answer: PatternLint.Result, for terminal: Terminal) -> [String] {
        guard !answer.findings.isEmpty else {
            return ["nothing odd, held against \(answer.history) confirmed expenses"]
        }
        var table = Table([
            .text("What"), .text("Rule or pattern", shrinksTo: 12), .text("Account", optional: true),
            .text("Against", shrinksTo: 12, optional: true), .text("Why", shrinksTo: 15),
        ])
        for finding in answer.findings {
            table.add([
                Table.Cell(words(finding.kind.rawValue), .warning), Table.Cell(finding.label),
                Table.Cell(finding.owner ?? ""), Table.Cell(finding.other ?? ""), Table.Cell(finding.message),
            ])
        }
        return table.lines(for: terminal)
    }

    // MARK: Words

    private static func alternatives(_ list: [CategoryAlternative]) -> String {
        // What would be written as 0.0 % is no help.
        list.filter { $0.confidence >= 0.0005 }.map { "\($0.categoryName) \(percent($0.confidence))" }
            .joined(separator: ", ")
    }

    private static func percent(_ share: Double) -> String { EvaluationText.percent(share) }

    /// "very_high" as people write it.
    private static func words(_ name: String) -> String {
        String(name.map { $0 == "_" ? " " : $0 })
    }
}
