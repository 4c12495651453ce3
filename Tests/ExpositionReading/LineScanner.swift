import Exposition

/// Walks over one line of an exposition.
struct LineScanner {
    let bytes: ArraySlice<UInt8>
    let line: Int
    let format: ExpositionFormat
    var next: Int

    init(_ bytes: ArraySlice<UInt8>, line: Int, format: ExpositionFormat) {
        self.bytes = bytes
        self.line = line
        self.format = format
        next = bytes.startIndex
    }

    var isAtEnd: Bool { next == bytes.endIndex }

    var rest: String { String(decoding: bytes[next...], as: UTF8.self) }

    func failure(_ message: String) -> ExpositionProblem { ExpositionProblem(line, message) }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next < bytes.endIndex, bytes[next] == UInt8(ascii: character) else { return false }
        next += 1
        return true
    }

    /// The blank between two parts: exactly one in OpenMetrics, any number in the old format.
    mutating func blank(_ place: String) throws(ExpositionProblem) {
        guard isBlank else { throw failure("a blank has to stand \(place)") }
        next += 1
        skipBlanks()
    }

    /// Blanks that the old format allows.
    mutating func skipBlanks() {
        while format == .text, isBlank { next += 1 }
    }

    private var isBlank: Bool {
        next < bytes.endIndex && (bytes[next] == 0x20 || bytes[next] == 0x09 && format == .text)
    }

    mutating func name(_ what: String, colons: Bool) throws(ExpositionProblem) -> String {
        let start = next
        while next < bytes.endIndex {
            switch bytes[next] {
            case 0x30...0x39 where next > start, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): next += 1
            case UInt8(ascii: ":") where colons: next += 1
            default:
                guard next > start else { throw failure("a \(what) has to stand here, not \"\(rest.prefix(20))\"") }
                return String(decoding: bytes[start..<next], as: UTF8.self)
            }
        }
        guard next > start else { throw failure("a \(what) has to stand at the end of the line") }
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    /// `{a="x",b="y"}`, the bracket ahead.
    mutating func labels() throws(ExpositionProblem) -> [ExposedFamily.Label] {
        guard take("{") else { return [] }
        var labels: [ExposedFamily.Label] = []
        skipBlanks()
        while !take("}") {
            if format == .text, labels.isEmpty, take(",") {
                skipBlanks()
                guard take("}") else { throw failure("a comma stands before the first label") }
                break
            }
            let name = try name("label name", colons: false)
            guard name != "__name__" else { throw failure("the label __name__ is the metric's own name") }
            skipBlanks()
            guard take("=") else { throw failure("an equals sign has to follow the label \(name)") }
            skipBlanks()
            let value = try quoted(name)
            guard !labels.contains(where: { $0.name == name }) else { throw failure("the label \(name) stands twice") }
            labels.append(ExposedFamily.Label(name: name, value: value))
            skipBlanks()
            if take("}") { break }
            guard take(",") else { throw failure("a comma or } has to follow the label \(name)") }
            skipBlanks()
            if format == .openMetrics, next < bytes.endIndex, bytes[next] == UInt8(ascii: "}") {
                throw failure("a label has to follow the comma")
            }
        }
        return labels
    }

    private mutating func quoted(_ label: String) throws(ExpositionProblem) -> String {
        guard take("\"") else { throw failure("the value of the label \(label) has to stand in quotes") }
        var value: [UInt8] = []
        while next < bytes.endIndex {
            let byte = bytes[next]
            next += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\"), next < bytes.endIndex else {
                value.append(byte)
                continue
            }
            let escaped = bytes[next]
            next += 1
            switch escaped {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): value.append(escaped)
            case UInt8(ascii: "n"): value.append(0x0A)
            default:
                guard format == .openMetrics else { throw failure("there is no such escape in the label \(label)") }
                value += [byte, escaped]
            }
        }
        throw failure("the value of the label \(label) has no closing quote")
    }

    /// The text up to the next blank.
    mutating func word() -> String {
        let start = next
        while next < bytes.endIndex, !isBlank { next += 1 }
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    mutating func number(_ what: String) throws(ExpositionProblem) -> Double {
        let word = word()
        guard let number = Self.number(word) else { throw failure("the \(what) \"\(word)\" is no number") }
        return number
    }

    /// Seconds in OpenMetrics, whole milliseconds in the old format.
    mutating func timestamp() throws(ExpositionProblem) -> Double {
        let word = word()
        switch format {
        case .openMetrics:
            guard let seconds = Self.number(word), seconds.isFinite else {
                throw failure("the timestamp \"\(word)\" is no number of seconds")
            }
            return seconds
        case .text:
            guard let milliseconds = Int64(word) else {
                throw failure("the timestamp \"\(word)\" is no whole number of milliseconds")
            }
            return Double(milliseconds) / 1000
        }
    }

    /// Decimal numbers, infinities and NaN.
    static func number(_ text: String) -> Double? {
        var rest = text.lowercased()[...]
        if let sign = rest.first, "+-".contains(sign) { rest = rest.dropFirst() }
        let sign = text.hasPrefix("-") ? -1.0 : 1
        if rest == "inf" || rest == "infinity" { return sign * .infinity }
        if text.lowercased() == "nan" { return .nan }
        var digits = 0
        var isExponent = false
        var hasPoint = false
        var last: Character = " "
        for character in rest {
            switch character {
            case "0"..."9": digits += 1
            case "." where !hasPoint && !isExponent: hasPoint = true
            case "e" where !isExponent && digits > 0:
                isExponent = true
                digits = 0
            case "+" where last == "e", "-" where last == "e": break
            default: return nil
            }
            last = character
        }
        guard digits > 0 else { return nil }
        return Double(hasPoint && rest.last == "." ? String(text.dropLast()) : text)
    }
}
