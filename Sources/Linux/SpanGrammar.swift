/// How time spans are written: numbers with units, one after the other, which add up.
///
/// One reader for both that there are: spans of calendars, as systemd.time(7) has them, and those of settings, which take
/// nothing that could be meant otherwise.
public struct SpanGrammar: Sendable {
    /// Names with their lengths, in whatever the grammar counts; of two with the same beginning the longer comes first.
    let units: [(name: String, length: UInt64)]
    /// Of a number without a unit.
    let second: UInt64
    /// No sign, no point without digits on both sides, units as whole words, and a number without one only alone.
    let isStrict: Bool

    /// What is wrong, at which byte, and what would be right.
    public struct Fault: Error, Hashable, Sendable {
        public var offset: Int
        public var problem: String
        public var remedy: String
    }

    /// In microseconds, as systemd reads them: months of 30.4375 and years of 365.25 days.
    public static let systemd = SpanGrammar(
        units: units(1) + [("months", 2_629_800_000_000), ("month", 2_629_800_000_000), ("M", 2_629_800_000_000)]
            + [("years", 31_557_600_000_000), ("year", 31_557_600_000_000), ("y", 31_557_600_000_000)],
        second: 1_000_000, isStrict: false)

    /// In nanoseconds.
    static let settings = SpanGrammar(
        units: units(1000) + [("nsec", 1), ("ns", 1)], second: 1_000_000_000, isStrict: true)

    private init(units: [(name: String, length: UInt64)], second: UInt64, isStrict: Bool) {
        self.units = units.sorted { $0.name.utf8.count > $1.name.utf8.count }
        self.second = second
        self.isStrict = isStrict
    }

    private static func units(_ microsecond: UInt64) -> [(name: String, length: UInt64)] {
        let groups: [([String], UInt64)] = [
            (["usec", "us", "μs", "µs"], 1), (["msec", "ms"], 1000), (["seconds", "second", "sec", "s"], 1_000_000),
            (["minutes", "minute", "min", "m"], 60_000_000), (["hours", "hour", "hr", "h"], 3_600_000_000),
            (["days", "day", "d"], 86_400_000_000), (["weeks", "week", "w"], 604_800_000_000),
        ]
        return groups.flatMap { names, length in names.map { ($0, length * microsecond) } }
    }

    /// Reads a whole text.
    ///
    /// - Parameter limit: the sum stays below it.
    public func read(_ text: String, below limit: UInt64 = .max) throws(Fault) -> UInt64 {
        var reader = SpanReader(bytes: Array(text.utf8), grammar: self)
        reader.skipWhitespace()
        var total: UInt64 = 0
        repeat {
            let start = reader.position
            let (part, isTooLong) = try reader.part(isFirst: total == 0)
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !isTooLong, !overflow, sum < limit else {
                throw Fault(offset: start, problem: "the span is too long", remedy: "less than 584542 years")
            }
            total = sum
            reader.skipWhitespace()
        } while !reader.isAtEnd
        return total
    }
}

private struct SpanReader {
    let bytes: [UInt8]
    let grammar: SpanGrammar
    var position = 0

    var isAtEnd: Bool { position >= bytes.count }
    private var next: UInt8? { isAtEnd ? nil : bytes[position] }

    mutating func skipWhitespace() {
        while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { position += 1 }
    }

    /// A number with its unit.
    mutating func part(isFirst: Bool) throws(SpanGrammar.Fault) -> (length: UInt64, isTooLong: Bool) {
        let start = position
        guard next != UInt8(ascii: "-") else {
            throw fault(start, "a span is never negative", "a number without a sign")
        }
        let hasSign = take("+")
        let whole = digits()
        let point = position
        let hasPoint = take(".")
        let fraction = digits()
        guard !whole.isEmpty || (hasPoint && !hasSign && !grammar.isStrict), !(hasSign && grammar.isStrict) else {
            throw fault(start, "\(shown(start)) instead of a number", "a number and a unit, such as 5min")
        }
        guard !hasPoint || !fraction.isEmpty else {
            throw fault(point, "no digits after the point", "such as 1.5h")
        }
        let numberEnd = position
        skipWhitespace()
        return length(of: whole, fraction, unit: try unit(after: numberEnd, isFirst: isFirst))
    }

    private mutating func unit(after numberEnd: Int, isFirst: Bool) throws(SpanGrammar.Fault) -> UInt64 {
        let start = position
        if let unit = grammar.units.first(where: { bytes[start...].starts(with: $0.name.utf8) }) {
            position += unit.name.utf8.count
            if !grammar.isStrict || isAtEnd || !isLetter { return unit.length }
        } else if grammar.isStrict ? isAtEnd && isFirst : (start > numberEnd || isAtEnd) {
            return grammar.second
        }
        throw fault(
            start, "\(shown(start)) is no unit",
            "us, ms, s, min, h, d, w\(grammar.isStrict ? "" : ", month or y"), or a space before the next number")
    }

    private var isLetter: Bool {
        next.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x80 } ?? false
    }

    /// Digit by digit, so that what is too fine is cut off and nothing rounded.
    private func length(of whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, unit: UInt64) -> (UInt64, Bool) {
        var length: UInt64 = 0
        var isTooLong = false
        for digit in whole {
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit - 0x30))
            isTooLong = isTooLong || overflow || carries
            length = sum
        }
        // As systemd has it: the number as such has to fit, and to stay clear of what stands for infinity.
        isTooLong = isTooLong || length >= UInt64(Int64.max) || length >= .max / unit
        length = isTooLong ? 0 : length * unit
        var scale = unit / 10
        for digit in fraction {
            let (sum, carries) = length.addingReportingOverflow(UInt64(digit - 0x30) * scale)
            isTooLong = isTooLong || carries
            length = sum
            scale /= 10
        }
        return (length, isTooLong)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let start = position
        while let next, (0x30...0x39).contains(next) { position += 1 }
        return bytes[start..<position]
    }

    private func shown(_ offset: Int) -> String {
        guard offset < bytes.count else { return "the end" }
        return "“\(String(decoding: bytes[offset...], as: UTF8.self).first.map(String.init) ?? "")”"
    }

    private func fault(_ offset: Int, _ problem: String, _ remedy: String) -> SpanGrammar.Fault {
        SpanGrammar.Fault(offset: offset, problem: problem, remedy: remedy)
    }
}
