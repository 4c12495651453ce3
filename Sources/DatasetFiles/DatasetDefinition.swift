import Declarations
import JSONCodec
import Linux
import Preloading

/// A dataset as a file declares it.
public struct DatasetDefinition: Hashable, Sendable {
    /// Whose a cached value is.
    public enum Scope: String, Hashable, Sendable, CaseIterable {
        /// Each user's own.
        case user
        /// The same for all who may call.
        case shared
    }

    public enum Source: Hashable, Sendable {
        case sqlite(SQLiteSourceDefinition)
        case http(HTTPSourceDefinition)
        case file(FileSourceDefinition)
        case notion(NotionSourceDefinition)
    }

    /// What requests take permits of: shared by all processes through the runner; kept to by the preloader alone where no
    /// runner is.
    public struct Resource: Hashable, Sendable {
        public var name: String
        public var bucket: BucketDefinition
    }

    public var name: String
    /// For people; may be empty.
    public var summary = ""
    public var scope = Scope.user
    public var source: Source
    public var rules = DatasetRules()
    /// Tries of one request, 1…10.
    public var attempts = 1
    public var breaker: BreakerDefinition?
    public var resource: Resource?
    /// Where it stands.
    public var place: SourcePlace

    init(name: String, source: Source, place: SourcePlace) {
        self.name = name
        self.source = source
        self.place = place
    }
}

/// Rows of an SQLite file, by one statement for a list of keys.
public struct SQLiteSourceDefinition: Hashable, Sendable {
    /// Absolute, or beneath the folder of the suite's data.
    public var file: String
    /// One statement that only reads. Its parameter is the list of keys as JSON text; a parameter `:uid` is the number of
    /// the user who asks.
    public var query: String
    /// The column that holds the key.
    public var key: String
    /// Columns whose text is JSON.
    public var json: [String] = []
}

/// Pages of a data source of Notion.
public struct NotionSourceDefinition: Hashable, Sendable {
    /// Of a database or a data source, as Notion writes it in addresses.
    public var source: String
    /// The property whose text, number or first page is the key; nil for the page's own id.
    public var key: String?
    /// Which pages there are, as Notion's own filter; nil for all.
    public var filter: JSONValue?
    /// The credential with the token.
    public var token = "notion-token"
    /// Where Notion is; nil for the usual address.
    public var url: String?
}

/// Rows of a CSV or JSON file, which is read again when it changes.
public struct FileSourceDefinition: Hashable, Sendable {
    public enum Format: String, Hashable, Sendable, CaseIterable { case csv, json }

    /// Absolute, or beneath the folder of the suite's data.
    public var path: String
    public var format: Format
    /// The column or member that holds the key; nil for a JSON object whose members are the rows.
    public var key: String?
}
