public import Exposition

/// Reads an exposition and finds all that is wrong with it: its form line by line, then what its families say.
///
/// It is stricter than `promtool check metrics`: a series that stands twice, a family in two places, buckets that are not
/// cumulative or lack +Inf, and counts that contradict each other are problems. Names in quotes (UTF-8 names) and native
/// histograms, which this project does not write, are not understood.
public struct ExpositionReader {
    public private(set) var families: [ExposedFamily] = []
    /// In the order of the lines.
    public private(set) var problems: [ExpositionProblem] = []

    private let format: ExpositionFormat
    /// Where in `families` a name is.
    private var places: [String: Int] = [:]
    /// What was told of a family before its first sample.
    private var told: [String: Set<String>] = [:]
    private var current: Int?

    public static func read(_ bytes: [UInt8], _ format: ExpositionFormat) -> ExpositionReader {
        var reader = ExpositionReader(format)
        reader.read(bytes)
        for family in reader.families {
            reader.problems += FamilyChecker.problems(family, format)
        }
        reader.problems.sort { $0.line < $1.line }
        return reader
    }

    private init(_ format: ExpositionFormat) {
        self.format = format
    }

    private mutating func read(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            problems.append(ExpositionProblem(1, "the text is not UTF-8"))
            return
        }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let isEnded = lines.last?.isEmpty ?? false
        if isEnded { lines.removeLast() }
        var ended = false
        for (index, line) in lines.enumerated() {
            if ended {
                problems.append(ExpositionProblem(index + 1, "something follows # EOF"))
                break
            }
            if format == .openMetrics, line.elementsEqual("# EOF".utf8) {
                ended = true
                continue
            }
            do throws(ExpositionProblem) {
                try read(line, number: index + 1)
            } catch {
                problems.append(error)
            }
        }
        switch format {
        case .openMetrics where !ended:
            problems.append(ExpositionProblem(lines.count, "the text does not end in # EOF"))
        case .text where !isEnded && !bytes.isEmpty:
            problems.append(ExpositionProblem(lines.count, "the last line has no end"))
        default: break
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>, number: Int) throws(ExpositionProblem) {
        var scanner = LineScanner(line, line: number, format: format)
        scanner.skipBlanks()
        if scanner.isAtEnd {
            if format == .openMetrics { throw scanner.failure("empty lines are not allowed") }
            return
        }
        if scanner.take("#") { try comment(&scanner) } else { try sample(&scanner) }
    }

    private mutating func comment(_ scanner: inout LineScanner) throws(ExpositionProblem) {
        if format == .text {
            var ahead = scanner
            ahead.skipBlanks()
            let word = ahead.word()
            if word == "EOF" { throw scanner.failure("# EOF is OpenMetrics, not this format") }
            guard word == "HELP" || word == "TYPE" else { return }
        }
        try scanner.blank("after #")
        let what = scanner.word()
        guard ["HELP", "TYPE", "UNIT"].contains(what) else {
            throw scanner.failure("there is no comment # \(what)")
        }
        try scanner.blank("after # \(what)")
        let name = try scanner.name("metric name", colons: true)
        let value: String
        if format == .text, scanner.isAtEnd {
            value = ""
        } else {
            try scanner.blank("after \(name)")
            value = scanner.rest
        }
        let index = try family(name, scanner)
        guard told[name, default: []].insert(what).inserted else {
            throw scanner.failure("a second \(what) for \(name)")
        }
        guard families[index].samples.isEmpty || format == .text && what == "HELP" else {
            throw scanner.failure("\(what) for \(name) has to stand before its samples")
        }
        switch what {
        case "HELP": families[index].help = Self.unescaped(value)
        case "UNIT": try setUnit(value, index, scanner)
        default: try setType(value, index, scanner)
        }
    }

    private mutating func setType(_ type: String, _ index: Int, _ scanner: LineScanner) throws(ExpositionProblem) {
        var type = type
        if format == .text { while type.last == " " || type.last == "\t" { type.removeLast() } }
        let known =
            format == .text
            ? ["counter", "gauge", "histogram", "summary", "untyped"]
            : ["counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown"]
        guard known.contains(type) else { throw scanner.failure("there is no type \"\(type)\"") }
        families[index].type = type
    }

    private mutating func setUnit(_ unit: String, _ index: Int, _ scanner: LineScanner) throws(ExpositionProblem) {
        let name = families[index].name
        guard unit.isEmpty || name.hasSuffix("_\(unit)") else {
            throw scanner.failure("\(name) has to end in its unit \(unit)")
        }
        families[index].unit = unit
    }

    /// The family of that name, which has to be the current one or new.
    private mutating func family(_ name: String, _ scanner: LineScanner) throws(ExpositionProblem) -> Int {
        if let current, families[current].name == name { return current }
        if let place = places[name] {
            current = place
            throw scanner.failure("\(name) has stood before; a family stands in one place")
        }
        places[name] = families.count
        current = families.count
        families.append(ExposedFamily(name: name, type: "unknown", help: "", unit: "", samples: []))
        return families.count - 1
    }

    private mutating func sample(_ scanner: inout LineScanner) throws(ExpositionProblem) {
        let name = try scanner.name("metric name", colons: true)
        scanner.skipBlanks()
        let labels = try scanner.labels()
        if format == .text { scanner.skipBlanks() } else { try scanner.blank("before the value") }
        guard !scanner.isAtEnd else { throw scanner.failure("\(name) has no value") }
        let value = try scanner.number("value")
        var sample = ExposedFamily.Sample(name: name, labels: labels, value: value, line: scanner.line)
        scanner.skipBlanks()
        try rest(&scanner, &sample)
        let index = try family(owner(of: name), scanner)
        families[index].samples.append(sample)
    }

    /// Timestamp and exemplar.
    private func rest(
        _ scanner: inout LineScanner, _ sample: inout ExposedFamily.Sample
    ) throws(ExpositionProblem) {
        guard !scanner.isAtEnd else { return }
        if format == .text {
            sample.timestamp = try scanner.timestamp()
            scanner.skipBlanks()
            guard scanner.isAtEnd else { throw scanner.failure("something follows the timestamp") }
            return
        }
        try scanner.blank("after the value")
        if !scanner.take("#") {
            sample.timestamp = try scanner.timestamp()
            if scanner.isAtEnd { return }
            try scanner.blank("after the timestamp")
            guard scanner.take("#") else { throw scanner.failure("something follows the timestamp") }
        }
        try scanner.blank("after #")
        guard scanner.bytes[scanner.next...].first == UInt8(ascii: "{") else {
            throw scanner.failure("an exemplar begins with its labels")
        }
        let labels = try scanner.labels()
        try scanner.blank("before the exemplar's value")
        let value = try scanner.number("exemplar's value")
        var exemplar = ExposedFamily.Exemplar(labels: labels, value: value)
        if !scanner.isAtEnd {
            try scanner.blank("after the exemplar's value")
            exemplar.timestamp = try scanner.timestamp()
        }
        guard scanner.isAtEnd else { throw scanner.failure("something follows the exemplar") }
        let length = labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard length <= 128 else { throw scanner.failure("the exemplar's labels have \(length) characters, not 128") }
        sample.exemplar = exemplar
    }

    /// The family that a sample belongs to: the current one where its type has such samples, else one of that name.
    private func owner(of name: String) -> String {
        guard let current else { return name }
        let family = families[current]
        return FamilyChecker.suffixes(family.type, format).contains { family.name + $0 == name } ? family.name : name
    }

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                switch character {
                case "n": result.append("\n")
                case "\\", "\"": result.append(character)
                default: result += "\\\(character)"
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return isEscaped ? result + "\\" : result
    }
}
