import Decimals
import Tables

/// Makes values of one record's text and collects everything that is wrong with it.
struct RecordReader {
    private let table: SourceTable
    private let record: SourceTable.Record
    private(set) var problems: [LineProblem] = []
    /// What is taken though it may not be meant so, in words that say nothing of the record.
    private(set) var notes: [String] = []

    init(_ record: SourceTable.Record, of table: SourceTable) {
        self.record = record
        self.table = table
    }

    /// Where the record begins, or the field of it.
    func position(of field: String? = nil) -> TextPosition {
        field.flatMap { cell($0)?.position } ?? record.position
    }

    /// Notes a problem with a field, where it stands.
    mutating func fail(_ field: String, _ message: String) {
        problems.append(LineProblem(at: position(of: field), field: column(field), message))
    }

    /// The text as it is; nil where the file has no such field.
    func text(_ field: String) -> String? { cell(field)?.text }

    /// The text without white space around it; nil where there is none.
    func word(_ field: String) -> String? {
        guard let word = cell(field)?.text.trimmed, !word.isEmpty else { return nil }
        return word
    }

    /// An id that may be left out.
    mutating func optionalID<Of>(_ field: String, _: Of.Type) -> BookID<Of>? {
        guard let word = word(field) else { return nil }
        if let fault = BookID<Of>.fault(in: word) {
            fail(field, fault)
            return nil
        }
        return BookID(word)
    }

    mutating func id<Of>(_ field: String, _ type: Of.Type) -> BookID<Of>? {
        guard word(field) != nil else {
            fail(field, "is empty; an id is needed")
            return nil
        }
        return optionalID(field, type)
    }

    mutating func optionalDay(_ field: String) -> Day? {
        guard let word = word(field) else { return nil }
        guard let day = Day(word) else {
            fail(field, "'\(word)' is not a day; 2025-01-31 is the form")
            return nil
        }
        return day
    }

    /// Hours are bounded so that no sum of them can leave the range of decimals.
    mutating func hours(_ field: String) -> Hours? {
        guard let word = word(field) else {
            fail(field, "is empty; hours as 7.5 are needed")
            return nil
        }
        guard let hours = Hours(word) else {
            fail(field, "'\(word)' is not a number; 7.5 is the form")
            return nil
        }
        guard !hours.isNegative, hours <= 1_000_000, hours.scale <= 9 else {
            fail(field, "\(word) hours are outside 0 to 1000000 with at most 9 decimals")
            return nil
        }
        return hours
    }

    /// Amounts are bounded so that no product or sum of them can leave the range of decimals.
    mutating func optionalAmount(_ field: String) -> ExactDecimal? {
        guard let word = word(field) else { return nil }
        guard let amount = ExactDecimal(word) else {
            fail(field, "'\(word)' is not an amount; 1250.50 is the form")
            return nil
        }
        guard !amount.isNegative, amount <= 1_000_000_000_000_000, amount.scale <= 6 else {
            fail(field, "\(word) is outside 0 to 1000000000000000 with at most 6 decimals")
            return nil
        }
        return amount
    }

    mutating func optionalCurrency(_ field: String) -> Currency? {
        guard let word = word(field) else { return nil }
        guard let currency = Currency(word) else {
            fail(field, "'\(word)' is no currency; three letters as in USD are")
            return nil
        }
        return currency
    }

    /// The fields `amount` and `currency`.
    mutating func money() -> Money? {
        let isComplete = needed("amount") != nil && needed("currency") != nil
        let amount = optionalAmount("amount"), currency = optionalCurrency("currency")
        guard isComplete, let amount, let currency else { return nil }
        return Money(amount, currency)
    }

    /// A word that may not be left out.
    mutating func needed(_ field: String) -> String? {
        guard let word = word(field) else {
            fail(field, "is empty")
            return nil
        }
        return word
    }

    /// One of the words of `Choice`.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ field: String, _: Choice.Type
    ) -> Choice? {
        guard let word = needed(field) else { return nil }
        guard let choice = Choice(rawValue: word) else {
            fail(field, "'\(word)' is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return choice
    }

    /// A word of the company's, some of which the rules know; any other is taken and noted with what comes of it. One that
    /// differs from a known one only in the case of its letters is a mistake: it would never be matched.
    /// - Returns: nil where there is none.
    mutating func word(_ field: String, knowing known: [String], others fate: String) -> String? {
        guard let word = word(field), !known.contains(word) else { return word(field) }
        let words = known.joined(separator: ", ")
        if let meant = known.first(where: { $0.lowercased() == word.lowercased() }) {
            fail(field, "'\(word)' is none of the words that rules know, which are \(words); is \(meant) meant?")
        } else {
            notes.append("\(column(field)) '\(word)' is none of the words that rules know, which are \(words); \(fate)")
        }
        return word
    }

    /// The fields that the file has.
    var told: Set<String> { Set(table.fields.indices.filter { record.cells[$0] != nil }.map { table.fields[$0].name }) }

    private func cell(_ field: String) -> SourceTable.Cell? { record.cells[index(field)] }

    private func column(_ field: String) -> String { table.columns[index(field)] }

    private func index(_ field: String) -> Int {
        guard let index = table.fields.firstIndex(where: { $0.name == field }) else {
            preconditionFailure("no import field \(field)")
        }
        return index
    }
}
