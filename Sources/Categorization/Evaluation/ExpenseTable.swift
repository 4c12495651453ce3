public import Decimals
public import Linux
public import Tables

/// Expenses of a CSV file with a header line, by the names of its columns.
///
/// Rows with a mistake are left out of ``rows`` and named in ``problems``, unless it is one that the columns do without; a
/// fault of the file itself, such as a column that is not there, leaves no row at all. Rows that share an id and say
/// different things are mistakes, all of them.
public struct ExpenseTable: Sendable {
    /// Which columns hold what; nil asks for nothing.
    public struct Columns: Hashable, Sendable {
        /// The merchant's or supplier's text first, then what else is said.
        public var texts: [String]
        /// Nil for a file that tells none.
        public var label: String?
        public var amount: String?
        public var date: String?
        /// A name for a group of rows.
        public var group: String?
        public var id: String?
        public var owner: String?
        /// Whether a row without an id gets one of its content, see ``ExpenseTable/Row/id``.
        public var makesIDs = false
        /// Whether a row whose amount or day cannot be read counts without it, instead of being left out.
        public var doesWithoutUnreadable = false

        /// Whether a row with an empty label is a mistake.
        public var needsLabel = true

        public init(texts: [String], label: String?) {
            self.texts = texts
            self.label = label
        }

        fileprivate var all: [String] { texts + [label, amount, date, group, id, owner].compactMap(\.self) }
    }

    public struct Row: Hashable, Sendable {
        /// Of the file, from 1.
        public var line: Int
        public var example: LabelledExample
        public var amount: ExactDecimal?
        /// Empty where no such column was asked for.
        public var group: String
        /// Where the file has none and one is made: the same for the same row in whichever file and on whichever line it
        /// stands, whatever its label. All its columns count, those that were not asked for too; of rows that are alike in
        /// all of them, each but the first of a file has its number at the end.
        public var id: String
        public var owner: String
    }

    public private(set) var rows: [Row] = []
    /// In the order of the file.
    public private(set) var problems: [LineProblem] = []
    /// Rows of the file, good and bad.
    public private(set) var read = 0
    /// Whether the file as a whole cannot be used.
    public private(set) var isUnusable = false
    private let doesWithoutUnreadable: Bool
    private let needsLabel: Bool
    private let makesIDs: Bool
    /// How often each content has stood there.
    private var alike: [UInt64: Int] = [:]

    /// - Parameter bytes: the file, UTF-8, as RFC 4180 has it. Amounts are decimals such as -12.50, dates days such as
    ///   2026-11-21, which a time may follow; both may be empty, a label may not.
    public init(_ bytes: [UInt8], _ columns: Columns) {
        doesWithoutUnreadable = columns.doesWithoutUnreadable
        needsLabel = columns.needsLabel
        makesIDs = columns.makesIDs
        var reader = CSVReader()
        reader.append(bytes)
        reader.finish()
        do throws(CSVError) {
            guard let header = try reader.next(), let places = places(columns, in: header) else {
                if problems.isEmpty {
                    refuse(TextPosition(line: 1, column: 1), "the file is empty; it needs a header line")
                }
                return
            }
            while let record = try reader.next() {
                read += 1
                take(record, places, of: header.count)
            }
            refuseContradictions(columns.id)
        } catch {
            refuse(error.position, error.message)
        }
        if read == 0, !isUnusable { refuse(TextPosition(line: 1, column: 1), "there is no row below the header") }
    }

    public var examples: [LabelledExample] { rows.map(\.example) }

    private mutating func refuse(_ position: TextPosition, field: String? = nil, _ message: String) {
        problems.append(LineProblem(at: position, field: field, message))
        isUnusable = true
        rows = []
    }

    // MARK: Header

    private struct Places {
        var texts: [Int] = []
        var label, amount, date, group, id, owner: Int?
    }

    private mutating func places(_ columns: Columns, in header: CSVReader.Record) -> Places? {
        if let problem = LineProblem.separator(of: header) {
            problems.append(problem)
            isUnusable = true
            return nil
        }
        let names = header.map { trimmed($0.text) }
        var places: [String: Int] = [:]
        for column in columns.all where places[column] == nil {
            let found = names.indices.filter { names[$0] == column }
            if let first = found.first { places[column] = first }
            if found.count > 1 {
                refuse(header[found[1]].position, field: column, "there are \(found.count) columns of this name")
            } else if found.isEmpty {
                refuse(
                    header[0].position, field: column,
                    "there is no such column\(NearMiss.hint(column, among: names)); the file has "
                        + names.joined(separator: ", "))
            }
        }
        guard !isUnusable else { return nil }
        let place = { (name: String?) in name.flatMap { places[$0] } }
        return Places(
            texts: columns.texts.compactMap { places[$0] }, label: place(columns.label), amount: place(columns.amount),
            date: place(columns.date), group: place(columns.group), id: place(columns.id), owner: place(columns.owner))
    }

    // MARK: Rows

    private mutating func take(_ record: CSVReader.Record, _ places: Places, of count: Int) {
        let position = record[0].position
        guard record.count == count else {
            problems.append(
                LineProblem(at: position, "the row has \(record.count) fields, the header \(count)"))
            return
        }
        let before = problems.count
        let label = places.label.map { trimmed(record[$0].text) } ?? ""
        if label.isEmpty, needsLabel, let place = places.label { note(record[place], "the label is empty") }
        let isLabelled = problems.count == before
        let amount = amount(places.amount.map { record[$0] })
        let date = date(places.date.map { record[$0] })
        guard isLabelled, doesWithoutUnreadable || problems.count == before else { return }
        let text = { (place: Int?) in place.map { record[$0].text } ?? "" }
        let example = TextExample(
            texts: places.texts.map { record[$0].text }, amount: amount?.approximate, date: date)
        rows.append(
            Row(
                line: position.line, example: LabelledExample(example, label: label), amount: amount,
                group: text(places.group), id: id(text(places.id), record, places.label), owner: text(places.owner)))
    }

    private mutating func id(_ told: String, _ record: CSVReader.Record, _ label: Int?) -> String {
        guard told.isEmpty, makesIDs else { return told }
        var content = ByteWriter(bytes: [])
        for place in record.indices where place != label { content.put(trimmed(record[place].text)) }
        let check = ByteWriter.check(content.bytes[...])
        let count = alike[check, default: 0] + 1
        alike[check] = count
        let digits = String(check, radix: 16)
        return "csv-" + String(repeating: "0", count: 16 - digits.count) + digits + (count > 1 ? "-\(count)" : "")
    }

    /// Which of two rows with one id is meant nobody can tell, so neither is taken.
    private mutating func refuseContradictions(_ column: String?) {
        guard let column else { return }
        let found = Contradictions.find(
            rows.map { row in
                var content = row
                content.line = 0
                return (row.line, row.id, content)
            })
        guard !found.isEmpty else { return }
        for (place, message) in found.sorted(by: { $0.key < $1.key }) {
            problems.append(LineProblem(at: TextPosition(line: rows[place].line, column: 1), field: column, message))
        }
        problems.sort()
        rows = rows.indices.filter { found[$0] == nil }.map { rows[$0] }
    }

    private mutating func note(_ field: CSVReader.Field, _ message: String) {
        problems.append(LineProblem(at: field.position, message))
    }

    private mutating func amount(_ field: CSVReader.Field?) -> ExactDecimal? {
        guard let field else { return nil }
        let text = trimmed(field.text)
        if text.isEmpty { return nil }
        let amount = ExactDecimal(text)
        if amount == nil { note(field, "\"\(text.prefix(40))\" is no amount such as -12.50") }
        return amount
    }

    private mutating func date(_ field: CSVReader.Field?) -> CivilDate? {
        guard let field else { return nil }
        let text = trimmed(field.text)
        if text.isEmpty { return nil }
        let date = CivilDate(dayOf: text)
        if date == nil { note(field, "\"\(text.prefix(40))\" is no day such as 2026-11-21") }
        return date
    }
}

extension CivilDate {
    /// The day of "2026-11-21", or of a time that begins with it.
    public init?(dayOf text: String) {
        let bytes = Array(text.utf8.prefix(11))
        guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
            bytes.count == 10 || bytes[10] == 0x54 || bytes[10] == 0x20
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].allSatisfy { $0 &- 0x30 < 10 } ? bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } : nil
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
        self.init(year: Int64(year), month: month, day: day)
    }
}
