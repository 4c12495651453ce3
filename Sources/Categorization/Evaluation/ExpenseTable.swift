public import Decimals
public import Linux
public import Tables

/// Expenses of a CSV file with a header line, by the names of its columns.
///
/// Rows with a mistake are left out of ``rows`` and named in ``problems``, unless it is one that the columns do without; a fault of the file itself, such as a column that
/// is not there, leaves no row at all.
public struct ExpenseTable: Sendable {
    /// Which columns hold what; nil asks for nothing.
    public struct Columns: Hashable, Sendable {
        /// The merchant's or supplier's text first, then what else is said.
        public var texts: [String]
        public var label: String
        public var amount: String?
        public var date: String?
        /// A name for a group of rows.
        public var group: String?
        public var id: String?
        public var owner: String?
        /// Whether a row whose amount or day cannot be read counts without it, instead of being left out.
        public var doesWithoutUnreadable = false

        /// Whether a row with an empty label is a mistake.
        public var needsLabel = true

        public init(texts: [String], label: String) {
            self.texts = texts
            self.label = label
        }

        fileprivate var all: [String] { texts + [label] + [amount, date, group, id, owner].compactMap(\.self) }
    }

    public struct Row: Hashable, Sendable {
        /// Of the file, from 1.
        public var line: Int
        public var example: LabelledExample
        public var amount: ExactDecimal?
        /// Empty where no such column was asked for.
        public var group: String
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

    /// - Parameter bytes: the file, UTF-8, as RFC 4180 has it. Amounts are decimals such as -12.50, dates days such as
    ///   2026-11-21, which a time may follow; both may be empty, a label may not.
    public init(_ bytes: [UInt8], _ columns: Columns) {
        doesWithoutUnreadable = columns.doesWithoutUnreadable
        needsLabel = columns.needsLabel
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
        } catch {
            refuse(error.position, error.message)
        }
        if read == 0, !isUnusable { refuse(TextPosition(line: 1, column: 1), "there is no row below the header") }
    }

    public var examples: [LabelledExample] { rows.map(\.example) }
    public var groups: [String] { rows.map(\.group) }

    private mutating func refuse(_ position: TextPosition, field: String? = nil, _ message: String) {
        problems.append(LineProblem(at: position, field: field, message))
        isUnusable = true
        rows = []
    }

    // MARK: Header

    private struct Places {
        var texts: [Int] = []
        var label = 0
        var amount, date, group, id, owner: Int?
    }

    private mutating func places(_ columns: Columns, in header: CSVReader.Record) -> Places? {
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
        guard !isUnusable, let label = places[columns.label] else { return nil }
        let place = { (name: String?) in name.flatMap { places[$0] } }
        return Places(
            texts: columns.texts.compactMap { places[$0] }, label: label, amount: place(columns.amount),
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
        let label = trimmed(record[places.label].text)
        if label.isEmpty, needsLabel { note(record[places.label], "the label is empty") }
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
                group: text(places.group), id: text(places.id), owner: text(places.owner)))
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
