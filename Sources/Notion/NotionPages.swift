/// The answer to a query, up to a hundred pages at a time; whoever has enough stops asking.
///
/// Notion takes no snapshot: a page edited during the walk may be missed or come twice. What comes twice is left out.
public struct NotionPages: Sendable {
    private let client: NotionClient
    private var query: NotionQuery
    /// Whether to begin again where a query had more rows than Notion gives.
    private let splits: Bool
    private var cursor: String?
    private var isOver = false
    private var seen: Set<NotionID> = []
    /// Rows of the query that is under way.
    private var rows = 0
    private var lastCreated = ""
    private var since: String?

    /// - Parameter splitting: a query of more rows than Notion gives goes on as another one, of pages created since the
    ///   last one that came. The pages then come in the order of their creation, whatever ``NotionQuery/sorts`` say.
    init(_ query: NotionQuery, of client: NotionClient, splitting: Bool) {
        self.client = client
        self.query = query
        splits = splitting
        if splitting { self.query.sorts = [.timestamp("created_time", ascending: true)] }
    }

    /// The next pages, which may be none although more follow; nil at the end.
    ///
    /// - Throws: ``NotionError/incomplete(source:rows:)`` behind the last row that Notion gives, when it has more.
    public mutating func next() async throws -> [NotionPage]? {
        if isOver { return nil }
        var query = query
        if let since {
            let later = NotionFilter.timestamp("created_time", .onOrAfter(since))
            query.filter = query.filter.map { $0.and(later) } ?? later
        }
        var call = NotionCall(
            method: .post,
            path: "\(client.settings.version.hasDataSources ? "data_sources" : "databases")/\(query.source)/query",
            body: try query.body(from: cursor), effect: .reads)
        call.query = query.properties.map { ("filter_properties", $0) }
        let list = try await client.send(call, List<NotionPage>.self)
        cursor = list.next
        rows += list.results.count
        if let last = list.results.last { lastCreated = last.createdTime }
        let fresh = list.results.filter { seen.insert($0.id).inserted }
        if list.isIncomplete {
            // A split that does not get on, since all that many pages were created at once, is given up.
            guard splits, !lastCreated.isEmpty, lastCreated != since else {
                throw NotionError.incomplete(source: query.source, rows: seen.count)
            }
            (since, cursor, rows) = (lastCreated, nil, 0)
        } else if cursor == nil {
            isOver = true
        }
        return fresh
    }
}

extension NotionClient {
    /// The answer to a query, page by page.
    public func pages(_ query: NotionQuery, splitting: Bool = false) -> NotionPages {
        NotionPages(query, of: self, splitting: splitting)
    }

    /// The whole answer to a query.
    public func all(_ query: NotionQuery, splitting: Bool = false) async throws -> [NotionPage] {
        var pages = pages(query, splitting: splitting)
        var all: [NotionPage] = []
        while let some = try await pages.next() { all += some }
        return all
    }

    /// The first page of a query, by one request.
    public func first(_ query: NotionQuery) async throws -> NotionPage? {
        var query = query
        query.pageSize = 1
        var pages = pages(query)
        while let some = try await pages.next() { if let first = some.first { return first } }
        return nil
    }
}
