extension Declared {
    /// The value as JSON text, read by YAML's core schema: unquoted `null`, `true`, `12` and `1.5` are what they look
    /// like, all else is text. Digits are kept as they stand. Nil when JSON has no such value.
    public func json() -> String? {
        let before = problems.errors
        var text = ""
        write(to: &text)
        return problems.errors == before && !text.isEmpty ? text : nil
    }

    private func write(to text: inout String) {
        switch node.content {
        case .refused: return
        case .scalar(let scalar): text += value(of: scalar)
        case .sequence(let items):
            text += "["
            for (index, node) in items.enumerated() {
                if index > 0 { text += "," }
                Declared(node, path: "\(path)[\(index)]", file: file, problems: problems).write(to: &text)
            }
            text += "]"
        case .mapping(let entries):
            text += "{"
            for (index, entry) in entries.enumerated() {
                if index > 0 { text += "," }
                text += Self.quotedJSON(entry.key) + ":"
                value(at: entry).write(to: &text)
            }
            text += "}"
        }
    }

    private func value(of scalar: YAMLScalar) -> String {
        guard scalar.style == .plain else { return Self.quotedJSON(scalar.text) }
        if scalar.isNull { return "null" }
        switch scalar.text {
        case "true", "True", "TRUE": return "true"
        case "false", "False", "FALSE": return "false"
        default: break
        }
        let number = Self.number(scalar.text)
        if number == nil { refuse("JSON has no number \(found); write it in plain decimal, or in quotes as a text") }
        return number.flatMap { $0 } ?? Self.quotedJSON(scalar.text)
    }

    /// The number as JSON writes it; `.some(nil)` for a text that is no number; nil for a number that JSON has not.
    private static func number(_ text: String) -> String?? {
        let lower = text.lowercased()
        let unsigned = lower.first.map { "+-".contains($0) } == true ? String(lower.dropFirst()) : lower
        if unsigned == ".inf" || lower == ".nan" { return nil }
        if unsigned.hasPrefix("0x"), isDigits(unsigned.dropFirst(2), isHexDigit) { return nil }
        if unsigned.hasPrefix("0o"), isDigits(unsigned.dropFirst(2), isDigit) { return nil }
        guard let (whole, fraction, exponent) = parts(unsigned) else { return .some(nil) }
        if whole.count > 1, whole.hasPrefix("0") { return nil }
        let sign = lower.hasPrefix("-") ? "-" : ""
        return sign + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : ".\(fraction)")
            + (exponent.isEmpty ? "" : "e\(exponent)")
    }

    /// The parts of a decimal number; nil for what is none.
    private static func parts(_ text: String) -> (whole: String, fraction: String, exponent: String)? {
        let halves = text.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = halves[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = digits.count == 2 ? digits[1] : ""
        guard !(digits[0].isEmpty && fraction.isEmpty), (digits[0] + fraction).utf8.allSatisfy(isDigit) else {
            return nil
        }
        guard halves.count == 2 else { return (String(digits[0]), String(fraction), "") }
        let exponent = halves[1].first.map { "+-".contains($0) } == true ? halves[1].dropFirst() : halves[1]
        return isDigits(exponent, isDigit) ? (String(digits[0]), String(fraction), String(halves[1])) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }

    private static func isDigits(_ text: Substring, _ isRight: (UInt8) -> Bool) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isRight)
    }

    private static func quotedJSON(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                quoted += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
