/// What a program's help says of a variable of the environment that it reads.
public struct VariableReference: Sendable, Hashable {
    public var name: String
    /// What it is for, what it may be, and what holds without it.
    public var text: String

    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}

/// A whole number in the environment.
public struct NumberVariable: Sendable, Hashable {
    /// What holds in the place of one that is not within the bounds.
    public enum Otherwise: Sendable, Hashable {
        /// The nearest bound; for what is no number the standard.
        case held
        /// The upper bound for what is above; for all else the standard.
        case heldAbove
        /// The program does not start.
        case refused
    }

    public let name: String
    public let standard: Int
    public let bounds: ClosedRange<Int>
    public let otherwise: Otherwise
    private let summary: String

    /// - Parameter summary: what it is, without bounds and standard: "Refunds at once".
    public init(
        _ name: String, _ standard: Int, _ bounds: ClosedRange<Int>, otherwise: Otherwise = .held, _ summary: String
    ) {
        self.name = name
        self.standard = standard
        self.bounds = bounds
        self.otherwise = otherwise
        self.summary = summary
    }

    public var reference: VariableReference {
        VariableReference(name, "\(summary), \(extent); \(standard) when left out.")
    }

    /// "1 to 20"
    fileprivate var extent: String { "\(bounds.lowerBound) to \(bounds.upperBound)" }

    /// The number that holds, and whether that is what was said. Nothing and an empty text are the standard.
    public func read(_ said: String?) -> (value: Int, isSaid: Bool) {
        guard let said, !said.isEmpty else { return (standard, true) }
        guard let number = Int(said) else { return (standard, false) }
        if bounds.contains(number) { return (number, true) }
        if otherwise == .held || otherwise == .heldAbove && number > bounds.upperBound {
            return (min(max(number, bounds.lowerBound), bounds.upperBound), false)
        }
        return (standard, false)
    }
}

/// Yes or no in the environment.
public struct TruthVariable: Sendable, Hashable {
    public let name: String
    public let standard: Bool
    /// Only the words `true` and `false` count, as they are written here.
    public let isStrict: Bool
    private let summary: String

    /// - Parameter summary: a sentence that says what the word that is not the standard does.
    public init(_ name: String, _ standard: Bool, isStrict: Bool = false, _ summary: String) {
        self.name = name
        self.standard = standard
        self.isStrict = isStrict
        self.summary = summary
    }

    public var reference: VariableReference { VariableReference(name, summary) }

    /// What holds, and whether that is what was said. Nothing and an empty text are the standard.
    public func read(_ said: String?) -> (value: Bool, isSaid: Bool) {
        guard let said, !said.isEmpty else { return (standard, true) }
        if said == "true" { return (true, true) }
        if said == "false" { return (false, true) }
        let word = isStrict ? "" : said.lowercased()
        if ["true", "yes", "on", "t", "1"].contains(word) { return (true, true) }
        if ["false", "no", "off", "f", "0"].contains(word) { return (false, true) }
        return (standard, false)
    }
}

/// Reads variables of the environment, and keeps what has to be said of them.
public struct VariableReader {
    private let environment: (String) -> String?
    /// What holds although something else was said.
    public private(set) var warnings: [String] = []
    /// What keeps the program from starting.
    public private(set) var problems: [String] = []

    public init(_ environment: @escaping (String) -> String?) { self.environment = environment }

    public mutating func number(_ variable: NumberVariable) -> Int {
        let said = environment(variable.name)
        let (value, isSaid) = variable.read(said)
        if !isSaid {
            let mistake = "\(variable.name)=\(said ?? "") is not a number from \(variable.extent)"
            if variable.otherwise == .refused {
                problems.append(mistake)
            } else {
                warnings.append("\(mistake); \(value) is used")
            }
        }
        return value
    }

    public mutating func truth(_ variable: TruthVariable) -> Bool {
        let said = environment(variable.name)
        let (value, isSaid) = variable.read(said)
        if !isSaid { warnings.append("\(variable.name)=\(said ?? "") is neither true nor false; \(value) is used") }
        return value
    }

    /// The text of a variable; an empty one is none.
    public func text(_ name: String) -> String? { Environment.text(name, environment) }

    /// Says of a variable that is set that it changes nothing, and why.
    public mutating func idle(_ name: String, _ why: String) {
        if text(name) != nil { warnings.append("\(name) has no effect: \(why)") }
    }
}
