public import Decimals
public import JSONCodec

/// What a property of a page holds.
public indirect enum NotionValue: Hashable, Sendable {
    case title(String)
    case text(String)
    case number(ExactDecimal?)
    case checkbox(Bool)
    case select(String?)
    case status(String?)
    case multiSelect([String])
    case date(NotionDate?)
    /// Pages, at most the first 25 of them; ``NotionClient/relation(_:of:)`` has all.
    case relation([NotionID], hasMore: Bool)
    case people([NotionID])
    /// Of the types url, email and phone_number.
    case link(String?)
    case rollup(NotionRollup)
    case formula(NotionFormula)
    /// When a page was created or last edited, as it is written.
    case time(String)
    /// Of the type unique_id: its prefix, a hyphen, its number.
    case uniqueID(String)
    /// Of a type that nobody here reads.
    case other(String)
}

/// A day or an instant, or from one to another, each as it is written.
public struct NotionDate: Hashable, Sendable {
    public var start: String
    public var end: String?

    public init(start: String, end: String? = nil) {
        self.start = start
        self.end = end
    }

    /// `YYYY-MM-DD` of the start, in the zone it is written in.
    public var day: String { String(start.prefix(10)) }
}

/// What a roll-up comes to.
public indirect enum NotionRollup: Hashable, Sendable {
    case number(ExactDecimal?)
    case date(NotionDate?)
    case array([NotionValue])
    case other(String)
}

public enum NotionFormula: Hashable, Sendable {
    case string(String?)
    case number(ExactDecimal?)
    case boolean(Bool?)
    case date(NotionDate?)
    case other(String)
}

/// A property of a page: its id, which survives renaming, and what it holds.
public struct NotionProperty: Hashable, Sendable {
    public var id: String
    public var value: NotionValue

    public init(id: String, value: NotionValue) {
        self.id = id
        self.value = value
    }
}

extension NotionValue {
    /// The text of a title, rich text, select, status, link, unique id or formula; nil where there is none.
    public var string: String? {
        switch self {
        case .title(let text), .text(let text), .uniqueID(let text), .time(let text): text
        case .select(let name), .status(let name), .link(let name): name
        case .formula(.string(let text)): text
        case .rollup(.array(let values)): values.lazy.compactMap(\.string).first { !$0.isEmpty }
        default: nil
        }
    }

    /// The number of a number, formula or roll-up.
    public var decimal: ExactDecimal? {
        switch self {
        case .number(let number), .formula(.number(let number)), .rollup(.number(let number)): number
        default: nil
        }
    }

    /// The pages of a relation, or of the relations that a roll-up gathers, each once.
    public var pages: [NotionID] {
        switch self {
        case .relation(let pages, _): return pages
        case .rollup(.array(let values)):
            var seen: Set<NotionID> = []
            return values.flatMap(\.pages).filter { seen.insert($0).inserted }
        default: return []
        }
    }
}

/// As plain JSON: texts, numbers, lists; what is not set is `null`.
extension NotionValue: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        switch self {
        case .title(let text), .text(let text), .time(let text), .uniqueID(let text): json.string(text)
        case .number(let number): json.value(number)
        case .checkbox(let value): json.bool(value)
        case .select(let name), .status(let name), .link(let name): json.value(name)
        case .multiSelect(let names): json.value(names)
        case .date(let date): json.value(date)
        case .relation(let pages, _), .people(let pages): json.value(pages)
        case .rollup(.number(let number)), .formula(.number(let number)): json.value(number)
        case .rollup(.date(let date)), .formula(.date(let date)): json.value(date)
        case .rollup(.array(let values)): json.value(values)
        case .formula(.string(let text)): json.value(text)
        case .formula(.boolean(let value)): json.value(value)
        case .other, .rollup(.other), .formula(.other): json.null()
        }
    }
}

/// A day or instant is its text; a span is an object of two.
extension NotionDate: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        guard let end else { return json.string(start) }
        json.object {
            $0.member("start", start)
            $0.member("end", end)
        }
    }
}
