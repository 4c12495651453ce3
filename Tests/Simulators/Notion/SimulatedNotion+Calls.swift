import JSONCodec
import Linux

/// A request to the simulated Notion, taken apart.
package struct NotionRequest: Sendable {
    var method: String
    /// Below `/v1`, in parts.
    var parts: [String]
    var query: [String: String]
    var body: JSONValue?
    var version: String

    var hasSources: Bool { version >= "2025-09-03" }

    /// Method and path with ids left out.
    var name: String { "\(method) \(path)" }

    var path: String {
        parts.enumerated().map { index, part in
            let isID = part.filter { $0 != "-" }.utf8.count == 32 || (index == 3 && parts[2] == "properties")
            return isID ? "*" : part
        }.joined(separator: "/")
    }
}

extension SimulatedNotion {
    /// Carries a request out and returns what is answered with 200.
    mutating func answer(_ request: NotionRequest, at now: Timestamp) throws(NotionRefused) -> [UInt8] {
        let id = request.parts.count > 1 ? Self.hyphenated(request.parts[1]) : ""
        switch (request.method, request.path) {
        case ("POST", "data_sources/*/query") where request.hasSources:
            guard let table = table(source: id) else { throw .notFound("data source", id) }
            return try query(table, request)
        case ("POST", "databases/*/query") where !request.hasSources:
            return try query(try database(id), request)
        case ("GET", "databases/*"): return try container(database: id, request)
        case ("GET", "data_sources/*") where request.hasSources:
            guard let table = table(source: id) else { throw .notFound("data source", id) }
            return schema(table, "data_source", table.id)
        case ("GET", "pages/*"): return try page(id, request)
        case ("GET", "pages/*/properties/*"): return try items(id, request.parts[3], request)
        case ("POST", "pages"): return try create(request, at: now)
        case ("PATCH", "pages/*"): return try update(id, request, at: now)
        default:
            throw NotionRefused(status: 400, code: "invalid_request_url", message: "Invalid request URL.")
        }
    }

    /// A database by an old version, which knows of one data source only.
    private func database(_ id: String) throws(NotionRefused) -> SimulatedTable {
        guard let table = table(database: id) else { throw .notFound("database", id) }
        guard !divided.contains(table.name) else {
            throw .validation("Databases with multiple data sources are not supported in this API version.")
        }
        return table
    }

    private func query(_ table: SimulatedTable, _ request: NotionRequest) throws(NotionRefused) -> [UInt8] {
        let body = request.body
        var size = 100
        if let given = body?["page_size"] {
            guard let number = given.intValue, (1...100).contains(number) else {
                throw .validation("body.page_size should be ≤ `100`.")
            }
            size = number
        }
        var start = 0
        if let cursor = body?["start_cursor"], !cursor.isNull {
            guard let number = cursor.stringValue?.split(separator: "-").last.flatMap({ Int($0) }) else {
                throw .validation("body.start_cursor should be a valid cursor.")
            }
            start = number
        }
        let rows = try matches(table, filter: body?["filter"], sorts: body?["sorts"])
        let end = min(start + size, rows.count, ceiling)
        let isCut = end == ceiling && rows.count > ceiling
        let hasMore = end < rows.count && !isCut
        var json = JSONWriter(reserving: 4096)
        json.object { json in
            json.member("object", "list")
            json.member("results") { json in
                json.array { json in
                    for row in rows[min(start, end)..<end] {
                        write(row, of: table, versionHasSources: request.hasSources, to: &json)
                    }
                }
            }
            json.member("next_cursor", hasMore ? "cursor-\(end)" : String?.none)
            json.member("has_more", hasMore)
            let type = request.hasSources ? "page_or_data_source" : "page_or_database"
            json.member("type", type)
            json.member(type, JSONRaw.emptyObject)
            if isCut {
                json.member("request_status") { json in
                    json.object { json in
                        json.member("type", "incomplete")
                        json.member("incomplete_reason", "query_result_limit_reached")
                    }
                }
            }
        }
        return json.bytes
    }

    private func container(database id: String, _ request: NotionRequest) throws(NotionRefused) -> [UInt8] {
        guard request.hasSources else { return schema(try database(id), "database", id) }
        guard let table = table(database: id) else { throw .notFound("database", id) }
        var sources = [(table.id, table.name)]
        if divided.contains(table.name) { sources.append((Self.identifier(0xD6, 1), "\(table.name) 2")) }
        var json = JSONWriter()
        json.object { json in
            json.member("object", "database")
            json.member("id", id)
            json.member("data_sources") { json in
                json.array { json in
                    for (id, name) in sources {
                        json.object { json in
                            json.member("id", id)
                            json.member("name", name)
                        }
                    }
                }
            }
            json.member("in_trash", false)
        }
        return json.bytes
    }

    private func schema(_ table: SimulatedTable, _ object: String, _ id: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("object", object)
            json.member("id", id)
            json.member("properties") { json in
                json.object { json in
                    for property in table.properties {
                        json.member(property.name) { json in
                            json.object { json in
                                json.member("id", property.id)
                                json.member("name", property.name)
                                json.member("type", property.kind.typeName)
                                json.member(property.kind.typeName, JSONRaw.emptyObject)
                            }
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    private func page(_ id: String, _ request: NotionRequest) throws(NotionRefused) -> [UInt8] {
        guard let table = table(of: id), let row = row(id) else { throw .notFound("page", id) }
        if !request.hasSources { _ = try database(table.database) }
        var json = JSONWriter(reserving: 2048)
        write(row, of: table, versionHasSources: request.hasSources, to: &json)
        return json.bytes
    }

    /// A relation by itself, page by page.
    private func items(_ id: String, _ property: String, _ request: NotionRequest) throws(NotionRefused) -> [UInt8] {
        guard let table = table(of: id), let row = row(id) else { throw .notFound("page", id) }
        guard let property = table.property(property), case .relation = property.kind else {
            throw .validation("not a relation of this page: \(property)")
        }
        let pages = Self.pages(row.values[property.name])
        let size = min(max(request.query["page_size"].flatMap { Int($0) } ?? 100, 1), 100)
        let start = request.query["start_cursor"].flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
        let end = min(start + size, pages.count)
        var json = JSONWriter()
        json.object { json in
            json.member("object", "list")
            json.member("results") { json in
                json.array { json in
                    for page in pages[min(start, end)..<end] {
                        json.object { json in
                            json.member("object", "property_item")
                            json.member("id", property.id)
                            json.member("type", "relation")
                            json.member("relation") { json in json.object { $0.member("id", page) } }
                        }
                    }
                }
            }
            json.member("next_cursor", end < pages.count ? "rel-\(end)" : String?.none)
            json.member("has_more", end < pages.count)
            json.member("type", "property_item")
        }
        return json.bytes
    }

    private mutating func create(_ request: NotionRequest, at now: Timestamp) throws(NotionRefused) -> [UInt8] {
        let parent = request.body?["parent"]
        let table: SimulatedTable
        if let id = parent?["data_source_id"]?.stringValue, request.hasSources {
            guard let found = self.table(source: id) else { throw .notFound("data source", id) }
            table = found
        } else if let id = parent?["database_id"]?.stringValue, !request.hasSources {
            table = try database(id)
        } else {
            throw .validation("body.parent should be defined as this API version has it.")
        }
        let changes = try changes(request.body?["properties"], in: table)
        let id = create(in: table.name, changes, at: now)
        return try page(id, request)
    }

    private mutating func update(_ id: String, _ request: NotionRequest, at now: Timestamp) throws(NotionRefused)
        -> [UInt8]
    {
        guard let table = table(of: id) else { throw .notFound("page", id) }
        let changes = try changes(request.body?["properties"], in: table)
        update(id, changes, at: now)
        if let inTrash = request.body?["in_trash"]?.boolValue { trash(id, inTrash) }
        return try page(id, request)
    }

    static func hyphenated(_ id: String) -> String {
        guard id.utf8.count == 32 else { return id.lowercased() }
        var text = ""
        for (index, character) in id.lowercased().enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(character)
        }
        return text
    }
}
