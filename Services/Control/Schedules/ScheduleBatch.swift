import Calendars
import JSONCodec
import Linux

/// Answers questions about schedules line by line: `{"id":…,"kind":"cron","spec":…,"zone":…,"after":…,"count":…}`.
///
/// Each line is answered by one line, in order; one that cannot be answered gets an `error` and harms no other.
struct ScheduleBatch {
    /// Longer lines are refused; an expression is never longer than a few kilobytes.
    static let longestLine = 64 * 1024
    static let counts = 0...10_000

    var zone: String
    var gap: GapRule?
    var overlap: OverlapRule?
    var dialect: CronDialect
    var after: Instant
    var count: Int

    private var answers = JSONWriter()

    init(
        zone: String, gap: GapRule? = nil, overlap: OverlapRule? = nil, dialect: CronDialect = .debian, after: Instant,
        count: Int
    ) {
        self.zone = zone
        self.gap = gap
        self.overlap = overlap
        self.dialect = dialect
        self.after = after
        self.count = count
    }

    /// Reads to the end of `input`; answers go out in pieces.
    mutating func run(from input: Descriptor, to write: (String) -> Void) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        var rest: [UInt8] = []
        var isTooLong = false
        while case let count = try input.read(into: buffer), count > 0 {
            var lines = buffer[..<count].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
            while let piece = lines.popFirst() {
                if rest.count + piece.count > Self.longestLine { isTooLong = true } else { rest += piece }
                guard !lines.isEmpty else { break }
                answer(rest, isTooLong: isTooLong)
                rest.removeAll(keepingCapacity: true)
                isTooLong = false
            }
            flush(write)
        }
        if !rest.isEmpty || isTooLong { answer(rest, isTooLong: isTooLong) }
        flush(write)
    }

    private mutating func flush(_ write: (String) -> Void) {
        guard !output.isEmpty else { return }
        write(String(decoding: output, as: UTF8.self))
        output.removeAll(keepingCapacity: true)
    }

    private var output: [UInt8] = []

    private mutating func answer(_ line: [UInt8], isTooLong: Bool) {
        guard isTooLong || line.contains(where: { $0 > 0x20 }) else { return }
        var id = JSONRaw.null
        answers.removeAll()
        do {
            guard !isTooLong else {
                throw Failure(.dataError, "the line is longer than \(Self.longestLine) bytes")
            }
            let question: ScheduleQuestion
            do {
                question = try JSON.decode(ScheduleQuestion.self, from: line)
            } catch {
                id = ScheduleQuestion.id(in: line)
                throw Failure(.dataError, "\(error)")
            }
            id = question.id
            try answer(question)
        } catch {
            let failure = error as? Failure
            answers.removeAll()
            answers.object {
                $0.member("id", id)
                $0.member("error", failure?.message ?? "\(error)")
            }
        }
        output += answers.bytes
        output.append(UInt8(ascii: "\n"))
    }

    private mutating func answer(_ question: ScheduleQuestion) throws(Failure) {
        guard let grammar = Timetable.Grammar(rawValue: question.kind) else {
            let known = Timetable.Grammar.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.dataError, "kind “\(question.kind)” is none of \(known)")
        }
        let count = question.count ?? self.count
        guard Self.counts.contains(count) else {
            throw Failure(
                .dataError, "count \(count) is not from \(Self.counts.lowerBound) to \(Self.counts.upperBound)")
        }
        var options = Timetable.Options(
            zone: question.zone ?? zone, gap: try word(question.gap, "gap") ?? gap,
            overlap: try word(question.overlap, "overlap") ?? overlap,
            dialect: try word(question.dialect, "dialect") ?? dialect)
        var from = after
        if let text = question.after {
            from = try RunTime.read(text, zone: options.zone)
        }
        options.anchor = from
        let table: Timetable
        do { table = try Timetable(question.spec, grammar, options) } catch { throw Failure(.dataError, "\(error)") }
        let runs = table.next(after: from, count: count)
        answers.object {
            $0.member("id", question.id)
            $0.member("normalized", table.normalized)
            $0.member("usec", ifPresent: table.span?.microseconds)
            $0.member("next", runs.map(\.description))
        }
    }

    private func word<Word: RawRepresentable & CaseIterable>(_ text: String?, _ member: String) throws(Failure) -> Word?
    where Word.RawValue == String {
        guard let text else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.dataError, "\(member) “\(text)” is none of \(known)")
        }
        return word
    }
}

/// One line of a batch. What is null counts as left out.
struct ScheduleQuestion: JSONDecodable {
    var id = JSONRaw.null
    var kind: String
    var spec: String
    var zone: String?
    var after: String?
    var count: Int?
    var gap: String?
    var overlap: String?
    var dialect: String?

    init(from json: inout JSONReader) throws(JSONError) {
        var id = JSONRaw.null, kind: String?, spec: String?, zone: String?, after: String?, count: Int?, gap: String?,
            overlap: String?, dialect: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.raw()
            case "kind": kind = try json.string()
            case "spec": spec = try json.string()
            case "zone": zone = try json.value()
            case "after": after = try json.value()
            case "count": count = try json.value()
            case "gap": gap = try json.value()
            case "overlap": overlap = try json.value()
            case "dialect": dialect = try json.value()
            default: try json.skip()
            }
        }
        self.kind = try json.require(kind, "kind")
        self.spec = try json.require(spec, "spec")
        (self.id, self.zone, self.after, self.count) = (id, zone, after, count)
        (self.gap, self.overlap, self.dialect) = (gap, overlap, dialect)
    }

    /// The id of a line that is no question, so that its error finds its way.
    static func id(in line: [UInt8]) -> JSONRaw {
        guard let id = try? JSON.decode(JSONValue.self, from: line)["id"] else { return .null }
        return JSONRaw(id)
    }
}
