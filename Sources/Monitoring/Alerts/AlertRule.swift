import Linux

/// When something is wrong, and how bad that is.
public struct AlertRule: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// Somebody has to look now.
        case critical
        /// Somebody has to look today.
        case warning
        /// Nobody has to look: the sign of life of a dead-man's switch.
        case none
    }

    public enum Condition: Sendable, Hashable {
        case above(Double)
        case below(Double)

        func holds(_ value: Double) -> Bool {
            switch self {
            case .above(let limit): value > limit
            case .below(let limit): value < limit
            }
        }
    }

    /// What has to have come together before a share says anything.
    public struct Evidence: Sendable, Hashable {
        /// With the labels of the rule's value.
        public var count: Expression
        public var least: Double

        public init(_ count: Expression, least: Double) {
            self.count = count
            self.least = least
        }
    }

    public var name: String
    /// One sentence; `{label}` stands for the value of a label and `{value}` for the figure.
    public var summary: String
    public var severity = Severity.warning
    public var value: Expression
    public var condition: Condition
    /// Labels with less than this begin no alert, whatever their value. One that fires goes on without it: after a restart
    /// nobody knows what had come together before.
    public var evidence: Evidence?
    /// How long the condition has to hold before it fires.
    public var holds = Duration.zero
    /// How long it goes on firing after the condition held last.
    public var keepFiring = Duration.zero
    /// How often it is told again while it fires.
    public var again = Duration.seconds(4 * 3600)
    public var labels: [String: String] = [:]

    public init(_ name: String, _ summary: String, _ value: Expression, _ condition: Condition) {
        self.name = name
        self.summary = summary
        self.value = value
        self.condition = condition
    }

    /// The names of the families it looks at, and how far back.
    var needs: [String: Duration] {
        value.needs.merging(evidence?.count.needs ?? [:]) { max($0, $1) }
    }

    /// How long figures have to be read before it is certain that the condition does not hold, however much there was before.
    ///
    /// - Parameter hasValue: whether they come to anything: a share of nothing does not.
    func settling(hasValue: Bool) -> Duration {
        func window(_ expression: Expression) -> Duration { expression.needs.values.max() ?? .zero }
        // Of two that both have to be above, the sooner known one decides, where it has something to say.
        if hasValue, case .above = condition, case .binary(.least, let one, let other) = value {
            return min(window(one), window(other))
        }
        return window(value)
    }

    /// The alert for the labels of a value.
    func key(_ labels: [String: String]) -> Alert.Key {
        Alert.Key(rule: name, labels: labels.merging(self.labels) { _, own in own })
    }

    /// The summary with the values in place of the braces.
    func text(_ labels: [String: String], value: Double) -> String {
        var text = summary
        for (label, value) in labels { text = text.replacing("{\(label)}", with: value) }
        let rounded = (value * 1000).rounded() / 1000
        let number = rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : String(rounded)
        return text.replacing("{value}", with: number)
    }
}

extension AlertRule {
    /// How fast the error budget of an objective is spent: fires when, in both a long and a short time, errors come so many times
    /// faster than the objective allows. The short time makes it clear soon after the errors end.
    ///
    /// The factors are those of Google's Site Reliability Workbook, chapter 5: 14.4 in an hour spends 2 % of a month's budget.
    ///
    /// - Parameter least: errors within the hour before it is critical. A share of few says little: the only run of a rare kind that
    ///   fails is all of them. It is a warning from the first one on.
    public static func burn(
        _ name: String, _ summary: String, errors: Selector, total: Selector, objective: Double, by labels: [String],
        least: Double = 3
    ) -> [AlertRule] {
        let windows: [(long: Duration, short: Duration, factor: Double, severity: Severity, suffix: String)] = [
            (.seconds(3600), .seconds(300), 14.4, .critical, "fast"),
            (.seconds(6 * 3600), .seconds(1800), 6, .warning, "slow"),
        ]
        func spent(_ window: Duration) -> Expression {
            func sum(_ selector: Selector) -> Expression {
                .aggregate(.sum, by: labels, .growth(selector, window: window, perSecond: true))
            }
            return .binary(.divide, .binary(.divide, sum(errors), sum(total)), .number(1 - objective))
        }
        return windows.map { window in
            var rule = AlertRule(
                "\(name)-\(window.suffix)", summary, .binary(.least, spent(window.long), spent(window.short)),
                .above(window.factor))
            rule.severity = window.severity
            if window.severity == .critical {
                let count = Expression.growth(errors, window: window.long, perSecond: false)
                rule.evidence = Evidence(.aggregate(.sum, by: labels, count), least: least)
            }
            return rule
        }
    }
}
