import JSONCodec

/// Where the rows of a dataset come from.
public enum DatasetSourceKind: String, WireWord {
    case sqlite, http, file, notion
}

/// Whose a cached value is.
public enum DatasetScope: String, WireWord {
    /// Each user's own: nobody is given what another has loaded.
    case user
    /// The same for all who may call.
    case shared
}

/// What several rows with one key are.
public enum DatasetRowMode: String, WireWord {
    /// A fault of the source.
    case one
    /// The first is the value.
    case first
    /// The value is the list of them.
    case all
}

/// A dataset as it is declared.
public struct DatasetView: Sendable, Hashable {
    public var name: String
    public var summary: String
    public var source: DatasetSourceKind
    /// Whose what is kept is.
    public var scope: DatasetScope
    /// What several rows with one key are.
    public var rows: DatasetRowMode
    /// Where it is declared.
    public var file: String?
    /// Different keys that close the window.
    public var windowSize: Int
    /// How long a key waits for others at most.
    public var windowAgeMs: Double
    /// Keys in one request at most.
    public var chunk: Int
    /// Loads at once.
    public var parallelism: Int
    /// Keys kept at most; 0: none.
    public var cacheEntries: Int
    public var cacheBytes: Int
    public var ttlMs: Int
    public var negativeTtlMs: Int
    public var staleMs: Int
    public var timeoutMs: Int
    /// What its requests need permits of.
    public var resource: String?

    public init(
        name: String, summary: String = "", source: DatasetSourceKind, scope: DatasetScope, rows: DatasetRowMode = .one,
        file: String? = nil, windowSize: Int, windowAgeMs: Double, chunk: Int, parallelism: Int, cacheEntries: Int,
        cacheBytes: Int, ttlMs: Int, negativeTtlMs: Int, staleMs: Int, timeoutMs: Int, resource: String? = nil
    ) {
        self.name = name
        self.summary = summary
        self.source = source
        self.scope = scope
        self.rows = rows
        self.file = file
        self.windowSize = windowSize
        self.windowAgeMs = windowAgeMs
        self.chunk = chunk
        self.parallelism = parallelism
        self.cacheEntries = cacheEntries
        self.cacheBytes = cacheBytes
        self.ttlMs = ttlMs
        self.negativeTtlMs = negativeTtlMs
        self.staleMs = staleMs
        self.timeoutMs = timeoutMs
        self.resource = resource
    }
}

extension DatasetView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        var summary: String = ""
        var source: DatasetSourceKind?
        var scope: DatasetScope?
        var rows: DatasetRowMode = .one
        var file: String?
        var windowSize: Int?
        var windowAgeMs: Double?
        var chunk: Int?
        var parallelism: Int?
        var cacheEntries: Int?
        var cacheBytes: Int?
        var ttlMs: Int?
        var negativeTtlMs: Int?
        var staleMs: Int?
        var timeoutMs: Int?
        var resource: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "summary": summary = try json.string()
            case "source": source = try json.value()
            case "scope": scope = try json.value()
            case "rows": rows = try json.value()
            case "file": file = try json.string()
            case "windowSize": windowSize = try json.int()
            case "windowAgeMs": windowAgeMs = try json.double()
            case "chunk": chunk = try json.int()
            case "parallelism": parallelism = try json.int()
            case "cacheEntries": cacheEntries = try json.int()
            case "cacheBytes": cacheBytes = try json.int()
            case "ttlMs": ttlMs = try json.int()
            case "negativeTtlMs": negativeTtlMs = try json.int()
            case "staleMs": staleMs = try json.int()
            case "timeoutMs": timeoutMs = try json.int()
            case "resource": resource = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), summary: summary, source: try json.require(source, "source"),
            scope: try json.require(scope, "scope"), rows: rows, file: file,
            windowSize: try json.require(windowSize, "windowSize"),
            windowAgeMs: try json.require(windowAgeMs, "windowAgeMs"), chunk: try json.require(chunk, "chunk"),
            parallelism: try json.require(parallelism, "parallelism"),
            cacheEntries: try json.require(cacheEntries, "cacheEntries"),
            cacheBytes: try json.require(cacheBytes, "cacheBytes"), ttlMs: try json.require(ttlMs, "ttlMs"),
            negativeTtlMs: try json.require(negativeTtlMs, "negativeTtlMs"),
            staleMs: try json.require(staleMs, "staleMs"), timeoutMs: try json.require(timeoutMs, "timeoutMs"),
            resource: resource)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("summary", summary)
            $0.member("source", source)
            $0.member("scope", scope)
            $0.member("rows", rows)
            $0.member("file", ifPresent: file)
            $0.member("windowSize", windowSize)
            $0.member("windowAgeMs", windowAgeMs)
            $0.member("chunk", chunk)
            $0.member("parallelism", parallelism)
            $0.member("cacheEntries", cacheEntries)
            $0.member("cacheBytes", cacheBytes)
            $0.member("ttlMs", ttlMs)
            $0.member("negativeTtlMs", negativeTtlMs)
            $0.member("staleMs", staleMs)
            $0.member("timeoutMs", timeoutMs)
            $0.member("resource", ifPresent: resource)
        }
    }
}

/// Lists the datasets that are declared.
public enum DatasetList: RPCMethod {
    public static let name = "dataset.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By name.
        public var datasets: [DatasetView]

        public init(datasets: [DatasetView]) {
            self.datasets = datasets
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var datasets: [DatasetView]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "datasets": datasets = try json.value()
                default: try json.skip()
                }
            }
            self.init(datasets: try json.require(datasets, "datasets"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("datasets", datasets) }
        }
    }
}
