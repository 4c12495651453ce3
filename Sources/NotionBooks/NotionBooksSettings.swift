public import Notion

/// Where in Notion the company's tables are, and what their properties are called there.
public struct NotionBooksSettings: Sendable {
    /// Of the database, or of a data source in it.
    public var collections: [NotionCollection: NotionID]
    /// Names that differ from ``NotionField/defaultName``.
    public var names: [NotionField: String] = [:]
    /// How old what is remembered of contractors' pages (names and positions, never money) may be.
    public var remembered = Duration.seconds(600)

    public init(collections: [NotionCollection: NotionID]) { self.collections = collections }

    func name(of field: NotionField) -> String { names[field] ?? field.defaultName }
}
