import Categorization
import Glibc
import Linux

/// Times decisions and corrections on one core; how right they are tells `millctl expense evaluate`.
///
/// `categorization-times speed LEARN JUDGE TEXTS LABEL` decides with 1,000 rules and the learned layer;
/// `categorization-times online LEARN JUDGE TEXTS LABEL` corrects 1,000 wrong answers one by one.
@main
enum Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 6 else {
            print("usage: categorization-times speed|online LEARN.csv JUDGE.csv TEXTS LABEL")
            exit(2)
        }
        let texts = arguments[4].split(separator: ",").map(String.init)
        let learn = try Purchases(arguments[2], texts: texts, label: arguments[5])
        let judge = try Purchases(arguments[3], texts: texts, label: arguments[5])
        switch arguments[1] {
        case "speed": speed(learn, judge)
        default: online(learn, judge)
        }
    }

    /// 1,000 patterns and rules made of the learned part's most frequent merchants.
    private static func speed(_ learn: Purchases, _ judge: Purchases) {
        let labels = Set(learn.examples.map(\.label)).sorted()
        let number = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, CategoryID(Int64($0 + 1))) })
        let model = ExpenseModel(zip(learn.expenses, learn.examples).map { ($0, number[$1.label] ?? 0) })
        var counts: [String: (count: Int, label: String)] = [:]
        for (expense, example) in zip(learn.expenses, learn.examples) {
            counts[NormalisedText(expense.merchant ?? "").description, default: (0, example.label)].count += 1
        }
        let frequent = counts.filter { $0.key.count >= 2 }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(1000)
        var patterns: [Pattern] = []
        var rules: [Rule] = []
        for (place, entry) in frequent.enumerated() {
            let category = number[entry.value.label] ?? 0
            let id = PatternID(Int64(place + 1))
            switch place % 20 {
            case 18:
                let regex = "\\b\(entry.key.prefix(8).filter { $0.isLetter })\\w*\\b"
                patterns.append(Pattern(id: id, category: category, type: .regex, value: regex))
            case 19:
                rules.append(
                    Rule(
                        name: entry.key, category: category,
                        condition: .all([
                            .text(.merchant, .contains(RuleText(entry.key))), .amount(from: 1, upTo: nil),
                            .not(.text(.any, .word("refund"))),
                        ])))
            default:
                patterns.append(Pattern(id: id, category: category, type: .merchant, value: entry.key))
            }
        }
        let set = PatternSet(patterns: patterns, rules: rules, categories: Set(number.values))
        let categorizer = Categorizer(patterns: set, learned: model)
        var first: [Double] = []
        var again: [Double] = []
        var answered = 0
        var compared = 0
        for _ in 0..<rounds {
            var cache = MatchCache()
            var scratch = ModelScratch()
            var clock = Seconds()
            answered = 0
            for expense in judge.expenses {
                if categorizer.decide(expense, cache: &cache, scratch: &scratch).category != nil { answered += 1 }
            }
            first.append(clock.lap())
            compared = cache.misses
            for expense in judge.expenses { _ = categorizer.decide(expense, cache: &cache, scratch: &scratch) }
            again.append(clock.lap())
        }
        let count = Double(judge.expenses.count)
        let rate = { (times: [Double]) in Int(count / times.sorted()[times.count / 2]) }
        print(
            "\(rate(first)) decisions a second with empty caches, \(rate(again)) once more;",
            "\(Int(Double(answered) / count * 100)) % answered, \(compared) texts compared,",
            "\(patterns.count) patterns, \(rules.count) rules")
    }

    /// Times that all is decided, of which the middle counts.
    private static let rounds = 9

    private static func online(_ learn: Purchases, _ judge: Purchases) {
        let trained = TextModel(learn.examples)
        var model = trained
        var clock = Seconds()
        for row in judge.examples.prefix(1000) { model.correct(row.example, label: row.label) }
        let seconds = clock.lap()
        let trial = CorrectionTrial(trained, history: learn.examples, rows: judge.examples, most: 1000)
        print(
            "\(trial.corrections) corrections, \(trial.rightAtOnce) right at once,",
            "\(Int(seconds / 1000 * 1e6)) us each; accuracy before \(trial.before.short),",
            "after \(trial.after.short), trained anew with them \(trial.anew.short)")
    }
}

/// Processor time of this process, so that what else runs on the machine counts less.
struct Seconds {
    private var last = Self.now()

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    mutating func lap() -> Double {
        let now = Self.now()
        defer { last = now }
        return max(now - last, 1e-9)
    }
}

extension Double {
    /// Four decimals.
    var short: Double { (self * 10_000).rounded() / 10_000 }
}
