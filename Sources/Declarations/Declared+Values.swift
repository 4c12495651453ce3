import Linux

extension Declared {
    /// The text of a scalar that is not null. Numbers and truth values may stand without quotes: their text is taken as
    /// it was written.
    public func text(_ expectation: String = "a text", where isRight: (String) -> Bool = { _ in true }) -> String? {
        guard case .scalar(let scalar) = node.content, !scalar.isNull, isRight(scalar.text) else {
            return refuse(unless: expectation)
        }
        return scalar.text
    }

    /// `true` or `false`; what YAML 1.1 took for truth values, such as `yes`, is not.
    public func boolean() -> Bool? {
        if case .scalar(let scalar) = node.content, scalar.style == .plain {
            if scalar.text == "true" { return true }
            if scalar.text == "false" { return false }
        }
        return refuse(unless: "true or false", hint: unquotedHint { $0 == "true" || $0 == "false" })
    }

    /// A decimal number without quotes, sign "+" and leading zeros.
    public func integer(_ range: ClosedRange<Int>) -> Int? {
        if case .scalar(let scalar) = node.content, scalar.style == .plain, let number = Self.exact(scalar.text),
            range.contains(number)
        {
            return number
        }
        return refuse(
            unless: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            hint: unquotedHint { Self.exact($0) != nil })
    }

    /// A decimal number with or without a fraction.
    public func number(_ range: ClosedRange<Double>) -> Double? {
        if case .scalar(let scalar) = node.content, scalar.style == .plain, let number = Self.decimal(scalar.text),
            range.contains(number)
        {
            return number
        }
        return refuse(
            unless: "a number from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))",
            hint: unquotedHint { Self.decimal($0) != nil })
    }

    /// A time span as ``TimeSpan`` reads it: "5min", "1h 30min", "30" for seconds.
    public func span(_ range: ClosedRange<Duration>) -> Duration? {
        if case .scalar(let scalar) = node.content, let span = TimeSpan.parse(scalar.text), range.contains(span) {
            return span
        }
        let (low, high) = (TimeSpan.text(range.lowerBound), TimeSpan.text(range.upperBound))
        return refuse(unless: "a time span from \(low) to \(high), such as 90s or 5min")
    }

    /// A number of bytes as ``ByteSize`` reads it: "16M", "1048576".
    public func bytes(_ range: ClosedRange<Int>) -> Int? {
        if case .scalar(let scalar) = node.content, let bytes = ByteSize.parse(scalar.text), range.contains(bytes) {
            return bytes
        }
        let (low, high) = (ByteSize.text(range.lowerBound), ByteSize.text(range.upperBound))
        return refuse(unless: "a size from \(low) to \(high), such as 16M")
    }

    /// One of an enum's words.
    public func choice<Choice>(_ type: Choice.Type) -> Choice?
    where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
        guard case .scalar(let scalar) = node.content else { return refuse(unless: Self.words(type)) }
        if let choice = Choice(rawValue: scalar.text) { return choice }
        return refuse(
            unless: Self.words(type),
            hint: NearMiss.hint(scalar.text, among: Choice.allCases.map(\.rawValue)))
    }

    private static func words<Choice>(_ type: Choice.Type) -> String
    where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
        "one of \(type.allCases.map(\.rawValue).joined(separator: ", "))"
    }

    private func unquotedHint(_ wouldDo: (String) -> Bool) -> String {
        guard case .scalar(let scalar) = node.content, scalar.style != .plain, wouldDo(scalar.text) else { return "" }
        return "; remove the quotes"
    }

    /// The number that a plain decimal text is exactly; nil for anything else.
    static func exact(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits == "0" || !digits.hasPrefix("0")
        else { return nil }
        return Int(text)
    }

    /// Digits with at most one point between them, without leading zeros; nil for anything else.
    public static func decimal(_ text: String) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, exact(String(parts[0])) != nil || parts[0] == "-0" else { return nil }
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        }
        return Double(text)
    }

    /// Without a fraction where there is none: "3", "0.001".
    public static func short(_ number: Double) -> String {
        Int(exactly: number).map { String($0) } ?? String(number)
    }
}
