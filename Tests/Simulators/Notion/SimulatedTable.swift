/// A data source of the simulated Notion: what its properties are, and its rows.
public struct SimulatedTable: Sendable {
    public enum Kind: Hashable, Sendable {
        case title, richText, number, checkbox, select, status, multiSelect, date
        /// Pages of a table, by its name. With `dual` that is the relation over there which says the same the other way
        /// round, and which changes with this one.
        case relation(String, dual: String? = nil)
        /// What a property of the pages of a relation comes to.
        case rollup(String, property: String, Function)
        /// `YYYY-MM` of a date.
        case monthFormula(String)
    }

    public enum Function: String, Sendable { case showOriginal = "show_original", sum, count }

    public struct Property: Hashable, Sendable {
        public var name: String
        public var kind: Kind
        public var id: String
        /// Of a select or status: the words that it knows besides those that rows have; nil takes any.
        public var options: [String]?

        public init(_ name: String, _ kind: Kind, options: [String]? = nil) {
            self.name = name
            self.kind = kind
            self.options = options
            // As Notion's: short, and written as it stands in an address.
            id = kind == .title ? "title" : "p%3A" + name.lowercased().filter { $0.isASCII && $0.isLetter }
        }
    }

    public struct Row: Sendable {
        public var id: String
        /// `2026-01-05T08:00:00.000Z`; Notion keeps whole minutes.
        public var created: String
        public var edited: String
        public var inTrash = false
        /// By the name of the property.
        public var values: [String: SimulatedValue]
    }

    public let name: String
    /// Of the data source.
    public let id: String
    public let database: String
    public let properties: [Property]
    public var rows: [Row] = []
    /// Where each row is.
    var places: [String: Int] = [:]

    func property(_ nameOrID: String) -> Property? {
        properties.first { $0.name == nameOrID || $0.id == nameOrID }
    }

    func knows(_ option: String, of property: Property) -> Bool {
        guard let options = property.options, !options.contains(option) else { return true }
        return rows.contains { $0.values[property.name] == .text(option) }
    }

    mutating func append(_ row: Row) {
        places[row.id] = rows.count
        rows.append(row)
    }
}

/// What a property of a row holds.
public enum SimulatedValue: Hashable, Sendable {
    /// Of a title, rich text, select or status.
    case text(String)
    /// As it is written.
    case number(String)
    case flag(Bool)
    case names([String])
    /// The start, `2026-01-05`.
    case date(String)
    case pages([String])
}

extension SimulatedTable.Kind {
    /// Notion's name of the type.
    var typeName: String {
        switch self {
        case .title: "title"
        case .richText: "rich_text"
        case .number: "number"
        case .checkbox: "checkbox"
        case .select: "select"
        case .status: "status"
        case .multiSelect: "multi_select"
        case .date: "date"
        case .relation: "relation"
        case .rollup: "rollup"
        case .monthFormula: "formula"
        }
    }

    var isWritten: Bool {
        switch self {
        case .rollup, .monthFormula: false
        default: true
        }
    }
}
