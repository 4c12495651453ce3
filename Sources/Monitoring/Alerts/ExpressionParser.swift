import Linux

/// Reads expressions, which look like those of Prometheus:
///
///     sum by (service) (rate(millrace_rpc_errors[5min])) / sum by (service) (rate(millrace_rpc_requests[5min]))
///
/// There are numbers, `name{label="x"}`, `rate`, `increase` and `quantile(0.95, name[10min])` over a time, `absent(name)`, `now()`,
/// `least(a, b)`, `sum`, `max`, `min`, `avg` with `by (…)`, the four operations and brackets.
public struct ExpressionParser {
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        public var description: String
    }

    /// Brackets and functions inside one another.
    static let depth = 20
    /// Bytes.
    static let length = 2000

    private let text: [Character]
    private var next = 0
    private var depth = 0

    public static func parse(_ text: String) throws(Failure) -> Expression {
        guard text.utf8.count <= length else {
            throw Failure(description: "the expression is longer than \(length) bytes")
        }
        var parser = ExpressionParser(text: Array(text))
        let expression = try parser.sum()
        parser.skipBlanks()
        guard parser.next == parser.text.count else { throw parser.failure("the expression should end") }
        return expression
    }

    private init(text: [Character]) {
        self.text = text
    }

    private func failure(_ what: String) -> Failure {
        let rest = String(text[next...].prefix(20))
        return Failure(description: rest.isEmpty ? "\(what) at the end" : "\(what) before \"\(rest)\"")
    }

    private mutating func sum() throws(Failure) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depth else { throw failure("the expression is nested too deep") }
        var left = try product()
        while true {
            if take("+") {
                left = .binary(.add, left, try product())
            } else if take("-") {
                left = .binary(.subtract, left, try product())
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(Failure) -> Expression {
        var left = try term()
        while true {
            if take("*") {
                left = .binary(.multiply, left, try term())
            } else if take("/") {
                left = .binary(.divide, left, try term())
            } else {
                return left
            }
        }
    }

    private mutating func term() throws(Failure) -> Expression {
        if take("(") {
            let inner = try sum()
            try expect(")")
            return inner
        }
        if let number = try number() { return .number(number) }
        let name = try name("a number, a name or a bracket should stand")
        switch name {
        case "now":
            try expect("(")
            try expect(")")
            return .now
        case "rate", "increase":
            try expect("(")
            let (selector, window) = try windowed()
            try expect(")")
            return .growth(selector, window: window, perSecond: name == "rate")
        case "quantile":
            try expect("(")
            guard let quantile = try number(), (0...1).contains(quantile) else {
                throw failure("a number from 0 to 1 should stand")
            }
            try expect(",")
            let (selector, window) = try windowed()
            try expect(")")
            return .quantile(quantile, selector, window: window)
        case "absent":
            try expect("(")
            let selector = try selector(try self.name("a name should stand"))
            try expect(")")
            return .absent(selector)
        case "least":
            try expect("(")
            let left = try sum()
            try expect(",")
            let right = try sum()
            try expect(")")
            return .binary(.least, left, right)
        default:
            guard let aggregate = Expression.Aggregate(rawValue: name), peek("(") || peek("b") else {
                return .select(try selector(name))
            }
            return try self.aggregate(aggregate)
        }
    }

    private mutating func aggregate(_ aggregate: Expression.Aggregate) throws(Failure) -> Expression {
        var labels: [String] = []
        if !peek("(") {
            guard try name("by should stand") == "by" else { throw failure("by should stand") }
            try expect("(")
            while !take(")") {
                labels.append(try name("a label should stand"))
                if !peek(")") { try expect(",") }
            }
        }
        try expect("(")
        let inner = try sum()
        try expect(")")
        return .aggregate(aggregate, by: labels, inner)
    }

    private mutating func selector(_ name: String) throws(Failure) -> Selector {
        var labels: [String: String] = [:]
        if take("{") {
            while !take("}") {
                let label = try self.name("a label should stand")
                try expect("=")
                guard labels.updateValue(try quoted(), forKey: label) == nil else {
                    throw failure("the label \(label) stands twice")
                }
                if !peek("}") { try expect(",") }
            }
        }
        return Selector(name, labels)
    }

    private mutating func windowed() throws(Failure) -> (Selector, Duration) {
        let selector = try selector(try name("a name should stand"))
        try expect("[")
        let start = next
        while next < text.count, text[next] != "]" { next += 1 }
        let span = String(text[start..<next])
        guard let window = TimeSpan.parse(span), (.seconds(10)...(.seconds(86_400))).contains(window) else {
            throw Failure(description: "\"\(span)\" is no time from 10s to 1d")
        }
        try expect("]")
        return (selector, window)
    }

    // MARK: - Letters

    private mutating func skipBlanks() {
        while next < text.count, text[next].isWhitespace { next += 1 }
    }

    private mutating func peek(_ character: Character) -> Bool {
        skipBlanks()
        return next < text.count && text[next] == character
    }

    private mutating func take(_ character: Character) -> Bool {
        guard peek(character) else { return false }
        next += 1
        return true
    }

    private mutating func expect(_ character: Character) throws(Failure) {
        guard take(character) else { throw failure("\(character) should stand") }
    }

    private mutating func number() throws(Failure) -> Double? {
        skipBlanks()
        let start = next
        var end = next
        if end < text.count, text[end] == "-" { end += 1 }
        while end < text.count, text[end].isASCII, text[end].isNumber || text[end] == "." || text[end] == "_" {
            end += 1
        }
        guard end > start, text[start].isNumber || text[start] == "-" && end > start + 1 else { return nil }
        guard let number = Double(String(text[start..<end].filter { $0 != "_" })) else {
            throw failure("a number should stand")
        }
        next = end
        return number
    }

    private mutating func name(_ expectation: String) throws(Failure) -> String {
        skipBlanks()
        let start = next
        while next < text.count, text[next].isASCII,
            text[next].isLetter || text[next] == "_" || text[next] == ":"
                || next > start && text[next].isNumber
        {
            next += 1
        }
        guard next > start else { throw failure(expectation) }
        return String(text[start..<next])
    }

    private mutating func quoted() throws(Failure) -> String {
        try expect("\"")
        let start = next
        while next < text.count, text[next] != "\"" { next += 1 }
        guard next < text.count else { throw failure("a quote should close") }
        next += 1
        return String(text[start..<next - 1])
    }
}
