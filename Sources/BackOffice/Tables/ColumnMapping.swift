/// Which column of a file holds which field: `contractor=person,date=completed_on`.
///
/// A field that is not named is looked for under its own name.
public struct ColumnMapping: Hashable, Sendable {
    public private(set) var columns: [String: String]

    public static let none = ColumnMapping(columns: [:])

    private init(columns: [String: String]) { self.columns = columns }

    /// Reads `field=column` pairs with commas between them; white space around names does not count.
    public init(_ text: String, for table: BooksTable) throws(MappingError) {
        let known = table.importFields.map(\.name)
        var columns: [String: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let names = sides.map { Self.trimmed($0) }
            guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else {
                throw MappingError("'\(Self.trimmed(part))' is not of the form field=column")
            }
            guard known.contains(names[0]) else {
                throw MappingError(
                    "\(table.rawValue) have no field '\(names[0])'; there are \(known.joined(separator: ", "))")
            }
            guard columns.updateValue(names[1], forKey: names[0]) == nil else {
                throw MappingError("the field '\(names[0])' is named twice")
            }
        }
        self.columns = columns
    }

    /// The column in which the field is looked for.
    public func column(of field: String) -> String { columns[field] ?? field }

    private static func trimmed(_ text: Substring) -> String { String(text).trimmed }
}

/// What is wrong with a mapping.
public struct MappingError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
