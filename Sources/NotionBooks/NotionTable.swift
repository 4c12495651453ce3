import BackOffice
import Decimals
import MillraceProtocol
import Notion

/// A table of the company's as it is: what to query, and its properties by what they mean.
struct NotionTable: Sendable {
    let source: NotionSource
    private let names: [NotionField: String]

    /// - Throws: ``NotionBooksError/schema(_:)`` with everything that is not as the books need it.
    init(_ source: NotionSource, _ collection: NotionCollection, _ settings: NotionBooksSettings)
        throws(NotionBooksError)
    {
        var names: [NotionField: String] = [:]
        var faults: [String] = []
        for field in NotionField.all where field.collection == collection {
            let name = settings.name(of: field)
            guard let property = source.properties[name] else {
                if !field.isOptional || settings.names[field] != nil {
                    faults.append("\(collection.rawValue) has no property \"\(name)\" (setting names.\(field.path))")
                }
                continue
            }
            guard field.types.contains(property.type) else {
                faults.append(
                    "property \"\(name)\" of \(collection.rawValue) is a \(property.type), not a "
                        + field.types.sorted().joined(separator: " or "))
                continue
            }
            names[field] = name
        }
        guard faults.isEmpty else { throw .schema(faults) }
        self.source = source
        self.names = names
    }

    func has(_ field: NotionField) -> Bool { names[field] != nil }

    /// Its name there. Those that are not optional are known to be there.
    func name(_ field: NotionField) -> String { names[field] ?? field.defaultName }

    private func type(_ field: NotionField) -> String { source.properties[name(field)]?.type ?? "" }

    // MARK: - Asking

    func query(_ filter: NotionFilter?, sorts: [NotionSort] = []) -> NotionQuery {
        NotionQuery(source.id, filter: filter, sorts: sorts)
    }

    /// A select or status that is this. Notion refuses a word that is no option of the property: nobody is to think that
    /// there is nothing where a word is misspelt.
    func equals(_ field: NotionField, _ text: String) -> NotionFilter {
        .property(name(field), type(field), .equals(text))
    }

    func date(_ field: NotionField, in month: Month) -> [NotionFilter] {
        [
            .property(name(field), "date", .onOrAfter(month.firstDay.description)),
            .property(name(field), "date", .onOrBefore(month.lastDay.description)),
        ]
    }

    /// Relations to one of these pages; in groups small enough for one filter.
    func contains(_ field: NotionField, anyOf pages: [NotionID]) -> [NotionFilter] {
        stride(from: 0, to: pages.count, by: Self.relationsPerFilter).map { start in
            let some = pages[start..<min(start + Self.relationsPerFilter, pages.count)]
            let parts = some.map { page in
                type(field) == "rollup"
                    ? NotionFilter.property(name(field), "rollup", .contains(page.description))
                    : .relation(name(field), contains: page)
            }
            return parts.count == 1 ? parts[0] : .or(parts)
        }
    }

    static let relationsPerFilter = 50

    // MARK: - Reading

    func string(_ field: NotionField, _ page: NotionPage) throws(NotionError) -> String? {
        has(field) ? try page.string(name(field)) : nil
    }

    func number(_ field: NotionField, _ page: NotionPage) throws(NotionError) -> ExactDecimal? {
        has(field) ? try page.number(name(field)) : nil
    }

    func day(_ field: NotionField, _ page: NotionPage) throws -> Day? {
        guard let text = try page.day(name(field)) else { return nil }
        guard let day = Day(text) else {
            throw NotionError.badProperty(page: page.id, name: name(field), why: "holds \(text), which is no day")
        }
        return day
    }

    func pages(_ field: NotionField, _ page: NotionPage) throws(NotionError) -> [NotionID] {
        try page.pages(name(field))
    }

    // MARK: - Writing

    /// A choice, as a select or status, whichever it is.
    func choice(_ field: NotionField, _ text: String) -> (String, NotionChange) {
        (name(field), type(field) == "status" ? .status(text) : .select(text))
    }

    func change(_ field: NotionField, _ change: NotionChange) -> (String, NotionChange) { (name(field), change) }
}

/// What keeps Notion from being the books.
public enum NotionBooksError: RPCErrorConvertible, Hashable, CustomStringConvertible {
    /// Tables that are not as the books need them; everything that is wrong with one.
    case schema([String])
    /// No id is set for a table that a job needs.
    case noCollection(NotionCollection)
    /// An id that is none of Notion's.
    case notNotions(String)

    public var rpcError: RPCError {
        switch self {
        case .schema: RPCError(.failedPrecondition, description, reason: "books.schema")
        case .noCollection: RPCError(.failedPrecondition, description, reason: "books.collection")
        case .notNotions: RPCError(.invalidArgument, description, reason: "books.id")
        }
    }

    public var description: String {
        switch self {
        case .schema(let faults): "the books in notion: " + faults.joined(separator: "; ")
        case .noCollection(let collection):
            "the books in notion: no database is set for \(collection.rawValue); set Collections.\(collection.rawValue)"
        case .notNotions(let id): "\(id) is no id of notion"
        }
    }
}
