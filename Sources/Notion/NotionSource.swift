public import JSONCodec

/// What holds pages of one kind: a data source; before version 2025-09-03 a database.
public struct NotionSource: Hashable, Sendable {
    public var id: NotionID
    public var isDatabase: Bool
    /// What each property is, by its name.
    public var properties: [String: Property]

    public struct Property: Hashable, Sendable {
        public var id: String
        /// `title`, `number`, `status`, …
        public var type: String

        public init(id: String, type: String) {
            self.id = id
            self.type = type
        }
    }

    public init(id: NotionID, isDatabase: Bool, properties: [String: Property]) {
        self.id = id
        self.isDatabase = isDatabase
        self.properties = properties
    }

    /// The name of the property that is the title.
    public var titleName: String { properties.first { $0.value.type == "title" }?.key ?? "title" }
}

extension NotionClient {
    /// Finds what is queried and written to for a database, or a data source, whose id stands in a setting. The answer is
    /// kept for as long as the client is.
    ///
    /// Two requests from version 2025-09-03 on, for a database holds data sources; one before.
    /// - Throws: ``NotionError/severalSources(database:_:)`` when the database does not say which.
    public func source(_ id: NotionID) async throws -> NotionSource {
        let finding = core.sources.withLock { sources in
            if let known = sources[id] { return known }
            let finding = Task { try await find(id) }
            sources[id] = finding
            return finding
        }
        do {
            return try await finding.value
        } catch {
            // Whoever asks next tries again.
            core.sources.withLock { sources in
                if sources[id] == finding { sources[id] = nil }
            }
            throw error
        }
    }

    private func find(_ id: NotionID) async throws -> NotionSource {
        let database: Container
        do {
            database = try await send(NotionCall(method: .get, path: "databases/\(id)", effect: .reads))
        } catch NotionError.refused(let refusal) where refusal.isNotFound && settings.version.hasDataSources {
            // It may be that of a data source.
            return try await dataSource(id)
        }
        guard settings.version.hasDataSources else {
            return NotionSource(id: database.id, isDatabase: true, properties: database.properties)
        }
        guard database.sources.count == 1 else {
            throw NotionError.severalSources(database: id, database.sources)
        }
        return try await dataSource(database.sources[0])
    }

    private func dataSource(_ id: NotionID) async throws -> NotionSource {
        let found = try await send(
            NotionCall(method: .get, path: "data_sources/\(id)", effect: .reads), Container.self)
        return NotionSource(id: found.id, isDatabase: false, properties: found.properties)
    }
}

/// A database or data source as it is answered.
private struct Container: JSONDecodable, Sendable {
    var id: NotionID
    var properties: [String: NotionSource.Property] = [:]
    var sources: [NotionID] = []

    init(from json: inout JSONReader) throws(JSONError) {
        var id: NotionID?, properties: [String: NotionSource.Property] = [:], sources: [NotionID] = []
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "data_sources": sources = try json.value([Reference].self).map(\.id)
            case "properties":
                try json.object { name, json throws(JSONError) in properties[name] = try json.value() }
            default: try json.skip()
            }
        }
        self.id = try json.require(id, "id")
        self.properties = properties
        self.sources = sources
    }
}

extension NotionSource.Property: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: String?, type: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.string()
            case "type": type = try json.string()
            default: try json.skip()
            }
        }
        self.init(id: try json.require(id, "id"), type: try json.require(type, "type"))
    }
}
