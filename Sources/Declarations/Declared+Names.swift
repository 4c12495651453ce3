import Linux

extension Declared {
    /// What things are called: 1 to 100 of a-z, 0-9, "-", "." and "_".
    public func name() -> String? {
        text("a name of \(NameRule.name)", where: NameRule.isName)
    }

    /// What something is for, in words for people.
    public func summary() -> String? {
        text("a text of at most 200 characters on one line") {
            $0.unicodeScalars.count <= 200 && !$0.contains(where: \.isNewline)
        }
    }

    /// What a systemd credential is called that holds a secret.
    public func credential() -> String? {
        text("the name of a systemd credential, \(NameRule.secret)", where: NameRule.isSecret)
    }

    /// How often something may happen: "3", "0.5", "100/min"; the number is of one second.
    public func rate() -> Double? {
        let expectation = "tokens a second from 0.001 to 1000000, such as 3, or with a unit such as 100/min"
        guard let text = text(expectation) else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
        guard let number = Self.decimal(parts[0]),
            let seconds = parts.count == 1 ? 1 : Self.seconds[parts[1]], (0.001...1_000_000).contains(number / seconds)
        else { return refuse(unless: expectation) }
        return number / seconds
    }

    private static let seconds: [String: Double] = [
        "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86_400, "day": 86_400,
    ]
}
