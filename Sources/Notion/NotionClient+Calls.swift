import JSONCodec
import WebClient

extension NotionClient {
    // MARK: - Reading

    public func page(_ id: NotionID) async throws -> NotionPage {
        try await send(NotionCall(method: .get, path: "pages/\(id)", effect: .reads))
    }

    /// All pages that a relation of a page refers to, in their order: 100 of them a request.
    ///
    /// - Parameter property: its id, as ``NotionProperty/id`` has it.
    public func relation(_ property: String, of page: NotionID) async throws -> [NotionID] {
        var all: [NotionID] = []
        var seen: Set<NotionID> = []
        var cursor: String?
        repeat {
            var call = NotionCall(method: .get, path: "pages/\(page)/properties/\(property)", effect: .reads)
            call.query = [("page_size", "100")]
            if let cursor { call.query.append(("start_cursor", cursor)) }
            let list = try await send(call, List<PropertyItem>.self)
            all += list.results.map(\.page).filter { seen.insert($0).inserted }
            cursor = list.next
        } while cursor != nil
        return all
    }

    /// The pages of a relation that a page shows; asked for one by one list only when it does not show all of them.
    public func pages(_ name: String, of page: NotionPage) async throws -> [NotionID] {
        guard let property = page.properties[name], case .relation(_, hasMore: true) = property.value else {
            return try page.pages(name)
        }
        return try await relation(property.id, of: page.id)
    }

    // MARK: - Writing

    /// Makes a page. Nothing keeps Notion from making it twice.
    ///
    /// - Throws: ``NotionError/unknownOutcome(call:why:)``: look whether it is there before making it again.
    public func create(
        in source: NotionSource, _ properties: [String: NotionChange]
    ) async throws -> NotionPage {
        try check(properties)
        var json = JSONWriter(reserving: 1024)
        json.object { json in
            json.member("parent") { json in
                json.object { $0.member(source.isDatabase ? "database_id" : "data_source_id", source.id) }
            }
            json.member("properties", properties)
        }
        return try await send(NotionCall(method: .post, path: "pages", body: json.bytes, effect: .writes))
    }

    /// Changes these properties of a page and no others; the page as it is then.
    ///
    /// - Throws: ``NotionError/unknownOutcome(call:why:)``; ``NotionError/refused(_:)`` with
    ///   ``NotionRefusal/isConflict`` when somebody wrote at the same time.
    @discardableResult
    public func update(_ page: NotionID, _ properties: [String: NotionChange]) async throws -> NotionPage {
        try check(properties)
        var json = JSONWriter(reserving: 1024)
        json.object { $0.member("properties", properties) }
        return try await send(NotionCall(method: .patch, path: "pages/\(page)", body: json.bytes, effect: .writes))
    }

    private func check(_ properties: [String: NotionChange]) throws(NotionError) {
        for (name, change) in properties.sorted(by: { $0.key < $1.key }) {
            if let fault = change.fault(of: name) { throw fault }
        }
    }
}

/// A list as Notion answers it, page by page.
struct List<Element: JSONDecodable & Sendable>: JSONDecodable, Sendable {
    var results: [Element] = []
    /// Where the next page begins; nil at the end.
    var next: String?
    /// Whether Notion has more than it gives.
    var isIncomplete = false

    init(from json: inout JSONReader) throws(JSONError) {
        var results: [Element]?, hasMore = false, cursor: String?, isIncomplete = false
        try json.object { key, json throws(JSONError) in
            switch key {
            case "results": results = try json.value()
            case "has_more": hasMore = try json.bool()
            case "next_cursor": cursor = try json.value()
            case "request_status": isIncomplete = try json.value(RequestStatus.self).type == "incomplete"
            default: try json.skip()
            }
        }
        self.results = try json.require(results, "results")
        if hasMore, cursor == nil { throw JSONError(.missingMember, offset: 0, path: "next_cursor", "is missing") }
        next = hasMore ? cursor : nil
        self.isIncomplete = isIncomplete
    }
}

private struct RequestStatus: JSONDecodable {
    var type = ""

    init(from json: inout JSONReader) throws(JSONError) {
        var type = ""
        try json.object { key, json throws(JSONError) in
            if key == "type" { type = try json.string() } else { try json.skip() }
        }
        self.type = type
    }
}

/// An element of a relation that is read by itself.
private struct PropertyItem: JSONDecodable, Sendable {
    var page: NotionID

    init(from json: inout JSONReader) throws(JSONError) {
        var reference: Reference?
        try json.object { key, json throws(JSONError) in
            if key == "relation" { reference = try json.value() } else { try json.skip() }
        }
        page = try json.require(reference, "relation").id
    }
}
