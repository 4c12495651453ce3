/// What can be exported from the books and, but for orders and lines, imported into them.
public enum BooksTable: String, CaseIterable, Sendable {
    case contractors, projects, deployments, rates, timesheets, orders, lines

    /// Orders and their lines are made by the books' own rules, never imported.
    public var importable: Bool { self != .orders && self != .lines }

    /// The columns an import looks for, each by the name it has in an export.
    public var importFields: [ImportField] {
        switch self {
        case .contractors: [.needed("id"), .optional("discord"), .optional("name")]
        case .projects: [.needed("id"), .optional("code"), .optional("name")]
        case .deployments:
            [.optional("id"), .needed("contractor"), .needed("project"), .optional("status")]
        case .rates:
            [
                .needed("id"), .needed("contractor"), .optional("status"), .optional("start_date"),
                .optional("end_date"), .needed("payday"),
            ]
        case .timesheets:
            [
                .needed("id"), .needed("date"), .needed("contractor"), .needed("project"), .needed("hours"),
                .optional("text"), .optional("status"), .optional("title"),
            ]
        case .orders, .lines: []
        }
    }
}

/// A column that an import looks for.
public struct ImportField: Hashable, Sendable {
    public var name: String
    /// Whether a file without it is refused.
    public var needed: Bool

    static func needed(_ name: String) -> ImportField { ImportField(name: name, needed: true) }
    static func optional(_ name: String) -> ImportField { ImportField(name: name, needed: false) }
}

/// The form of a file of records.
public enum TableFormat: String, CaseIterable, Sendable {
    /// RFC 4180 with a header line.
    case csv
    /// One array of objects.
    case json

    /// By the end of a file's name; nil for any other end.
    public init?(path: String) {
        if path.lowercased().hasSuffix(".csv") {
            self = .csv
        } else if path.lowercased().hasSuffix(".json") {
            self = .json
        } else {
            return nil
        }
    }
}
