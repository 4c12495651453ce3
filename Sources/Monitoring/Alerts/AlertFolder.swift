import Declarations
import Linux

/// What a folder of alert declarations (`alerts.d`) says.
public struct AlertCatalog: Sendable {
    public var rules: [AlertRule] = []
    public var inhibitions: [Inhibition] = []
    public var sinks: [AlertSink] = []
    public var options = AlertEngine.Options()

    public init() {}

    /// Reads the folders in order; a rule of a later one stands in the place of one of that name in an earlier one, and what is
    /// named under `disabled` is left out.
    ///
    /// - Parameter builtIn: the text of a file that counts as a folder before all others.
    public static func read(
        _ folders: [String], builtIn: [UInt8] = []
    ) -> (catalog: AlertCatalog, problems: [Problem]) {
        let problems = ProblemList()
        let reader = AlertFolderReader(problems)
        if let root = builtIn.isEmpty ? nil : YAMLReader.read(builtIn, file: "built-in alerts", into: problems) {
            reader.read(Declared(root, file: "built-in alerts", problems: problems))
            reader.endFolder()
        }
        for folder in folders {
            DeclarationFolder(folder).read(mayBeAbsent: true, into: problems) { reader.read($0) }
            reader.endFolder()
        }
        return (reader.finish(), problems.all)
    }
}

/// Where alerts are told. All go to the journal, whatever else is declared.
public enum AlertSink: Sendable, Hashable {
    /// Gets the notification as JSON on its standard input.
    case command([String])
    /// A job of this kind gets it as its params.
    case job(kind: String)
    /// Gets it as JSON by POST.
    case hook(url: String)
}

final class AlertFolderReader {
    private let problems: ProblemList
    private var catalog = AlertCatalog()
    private var names = DeclaredNames("alert")
    private var replaced: [String: [AlertRule]] = [:]
    private var order: [String] = []
    private var disabled: [(name: String, value: Declared)] = []
    private var references: [(name: String, value: Declared)] = []

    init(_ problems: ProblemList) {
        self.problems = problems
    }

    func read(_ root: Declared) {
        _ = root.fields { fields in
            for item in fields["alerts"]?.items(0...1000) ?? [] { _ = item.fields { self.readAlert($0, item) } }
            for item in fields["inhibitions"]?.items(0...100) ?? [] { _ = item.fields { self.readInhibition($0) } }
            for item in fields["sinks"]?.items(0...20) ?? [] { _ = item.fields { self.readSink($0, item) } }
            for item in fields["disabled"]?.items(0...1000) ?? [] {
                if let name = item.name() { disabled.append((name, item)) }
            }
            _ = fields["notify"]?.fields { self.readOptions($0) }
        }
    }

    /// The names of a folder may be used again in the next.
    func endFolder() {
        names = DeclaredNames("alert")
    }

    func finish() -> AlertCatalog {
        for (name, value) in references + disabled where replaced[name] == nil {
            value.refuse("no alert \(name) is declared; known are \(order.joined(separator: ", "))")
        }
        for (name, _) in disabled { replaced[name] = [] }
        catalog.rules = order.flatMap { replaced[$0] ?? [] }
        return catalog
    }

    private func readAlert(_ fields: DeclaredFields, _ value: Declared) {
        let errors = problems.errors
        let name = fields.require("name", "give the alert one")?.name()
        let summary = fields.require("summary", "say in a sentence what is wrong")?.text()
        let labels = readLabels(fields["labels"])
        let severity = fields["severity"]?.choice(AlertRule.Severity.self)
        let holds = fields["for"]?.span(.zero ... .seconds(86_400))
        let keep = fields["keepFiringFor"]?.span(.zero ... .seconds(86_400))
        let again = fields["again"]?.span(.seconds(10) ... .seconds(30 * 86_400))
        var rules: [AlertRule] = []
        if fields.has("burn") {
            for key in ["value", "above", "below"] where fields.has(key) {
                fields.refuse(key, "burn says this already")
            }
            rules = readBurn(fields["burn"], name ?? "", summary ?? "") ?? []
        } else if let rule = readRule(fields, value, name ?? "", summary ?? "") {
            rules = [rule]
        }
        guard errors == problems.errors, let name, names.claim(name, by: value) else { return }
        for index in rules.indices {
            if let severity, !fields.has("burn") { rules[index].severity = severity }
            if let holds { rules[index].holds = holds }
            if let keep { rules[index].keepFiring = keep }
            if let again { rules[index].again = again }
            rules[index].labels = labels
        }
        if replaced[name] == nil { order.append(name) }
        replaced[name] = rules
    }

    private func readRule(
        _ fields: DeclaredFields, _ value: Declared, _ name: String, _ summary: String
    ) -> AlertRule? {
        let expression = fields.require("value", "say what the alert looks at, or burn").flatMap(Self.expression)
        let above = fields["above"]?.number(-1e15...1e15)
        let below = fields["below"]?.number(-1e15...1e15)
        guard fields.has("above") != fields.has("below") else {
            value.refuse("needs either above or below")
            return nil
        }
        guard let expression,
            let condition = above.map(AlertRule.Condition.above) ?? below.map(AlertRule.Condition.below)
        else { return nil }
        return AlertRule(name, summary, expression, condition)
    }

    private func readBurn(_ value: Declared?, _ name: String, _ summary: String) -> [AlertRule]? {
        value?.fields { fields -> [AlertRule]? in
            let errors = fields.require("errors", "name the counter of failures").flatMap(Self.selector)
            let total = fields.require("total", "name the counter of all").flatMap(Self.selector)
            let objective = fields.require("objective", "say which share has to succeed")?.number(0.5...0.99999)
            let labels = fields["by"]?.items(0...10)?.compactMap { $0.text() } ?? []
            let least = fields["least"]?.number(1...1e9)
            guard let errors, let total, let objective else { return nil }
            return AlertRule.burn(
                name, summary, errors: errors, total: total, objective: objective, by: labels, least: least ?? 3)
        } ?? nil
    }

    private static func expression(_ value: Declared) -> Expression? {
        guard let text = value.text("an expression") else { return nil }
        do {
            return try ExpressionParser.parse(text)
        } catch {
            value.refuse("is no expression: \(error)")
            return nil
        }
    }

    private static func selector(_ value: Declared) -> Selector? {
        guard let expression = expression(value) else { return nil }
        guard case .select(let selector) = expression else {
            return value.refuse(unless: "a metric's name, with labels or not")
        }
        return selector
    }

    private func readLabels(_ value: Declared?) -> [String: String] {
        var labels: [String: String] = [:]
        for (key, value) in value?.entries(atMost: 20) ?? [] { labels[key] = value.text() }
        return labels
    }

    private func readInhibition(_ fields: DeclaredFields) {
        let source = fields.require("while", "name the alert that fires")
        let targets = fields.require("mute", "name the alerts that are muted")?.items(1...100) ?? []
        let same = fields["same"]?.items(0...10)?.compactMap { $0.text() } ?? []
        guard let source, let name = source.name() else { return }
        references.append((name, source))
        let names = targets.compactMap { target in target.name().map { ($0, target) } }
        references += names.map { (name: $0.0, value: $0.1) }
        catalog.inhibitions.append(Inhibition(source: name, targets: names.map(\.0), same: same))
    }

    private func readSink(_ fields: DeclaredFields, _ value: Declared) {
        let command = fields["command"]?.items(1...100)?.compactMap { $0.text() }
        let kind = fields["job"]?.name()
        let url = fields["hook"]?.text("a URL that begins with http:// or https://") {
            $0.hasPrefix("http://") || $0.hasPrefix("https://")
        }
        guard ["command", "job", "hook"].count(where: fields.has) == 1 else {
            value.refuse("has to be one of command, job and hook")
            return
        }
        if let command {
            guard command.first?.hasPrefix("/") ?? false else {
                value.refuse("the command begins with the absolute path of a program")
                return
            }
            catalog.sinks.append(.command(command))
        }
        if let kind { catalog.sinks.append(.job(kind: kind)) }
        if let url { catalog.sinks.append(.hook(url: url)) }
    }

    private func readOptions(_ fields: DeclaredFields) {
        if let group = fields["group"]?.items(0...10) { catalog.options.group = group.compactMap { $0.text() } }
        if let wait = fields["wait"]?.span(.zero ... .seconds(3600)) { catalog.options.wait = wait }
        if let interval = fields["interval"]?.span(.zero ... .seconds(86_400)) { catalog.options.interval = interval }
    }
}
