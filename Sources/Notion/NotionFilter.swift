public import Decimals
public import JSONCodec

/// Which pages a query gives.
public indirect enum NotionFilter: Hashable, Sendable {
    /// Of a property, by its name or id: a condition of its type, such as `("Status", "select", .equals("Approved"))`.
    case property(String, String, Condition)
    /// `created_time` or `last_edited_time`.
    case timestamp(String, Condition)
    case and([NotionFilter])
    case or([NotionFilter])
    /// As Notion writes it.
    case raw(JSONRaw)

    public enum Condition: Hashable, Sendable {
        case equals(String)
        case doesNotEqual(String)
        case contains(String)
        case number(String, ExactDecimal)
        case onOrAfter(String)
        case onOrBefore(String)
        case isEmpty
        case isNotEmpty
        case checkbox(Bool)
    }

    public static func relation(_ name: String, contains page: NotionID) -> NotionFilter {
        .property(name, "relation", .contains(page.description))
    }

    /// Groups may stand in groups, and no further.
    static let deepest = 2

    /// Groups that stand inside one another. What is raw counts as it is written.
    var depth: Int {
        switch self {
        case .and(let parts), .or(let parts): 1 + (parts.map(\.depth).max() ?? 0)
        case .property, .timestamp: 0
        case .raw(let raw): (try? raw.decode(JSONValue.self)).map(Self.depth) ?? 0
        }
    }

    private static func depth(_ value: JSONValue) -> Int {
        guard let group = (value["and"] ?? value["or"])?.elements else { return 0 }
        return 1 + (group.map(depth).max() ?? 0)
    }

    /// Both this and that.
    func and(_ other: NotionFilter) -> NotionFilter {
        if case .and(let parts) = self { return .and(parts + [other]) }
        return .and([self, other])
    }
}

extension NotionFilter: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        switch self {
        case .raw(let raw): json.raw(raw)
        case .and(let parts): json.object { $0.member("and", parts) }
        case .or(let parts): json.object { $0.member("or", parts) }
        case .property(let name, let type, let condition):
            json.object { json in
                json.member("property", name)
                json.member(type, condition)
            }
        case .timestamp(let name, let condition):
            json.object { json in
                json.member("timestamp", name)
                json.member(name, condition)
            }
        }
    }
}

extension NotionFilter.Condition: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .equals(let text): json.member("equals", text)
            case .doesNotEqual(let text): json.member("does_not_equal", text)
            case .contains(let text): json.member("contains", text)
            case .number(let operation, let number): json.member(operation, number)
            case .onOrAfter(let date): json.member("on_or_after", date)
            case .onOrBefore(let date): json.member("on_or_before", date)
            case .isEmpty: json.member("is_empty", true)
            case .isNotEmpty: json.member("is_not_empty", true)
            case .checkbox(let value): json.member("equals", value)
            }
        }
    }
}

/// In which order a query gives its pages; earlier sorts win.
public enum NotionSort: Hashable, Sendable, JSONEncodable {
    case property(String, ascending: Bool)
    /// `created_time` or `last_edited_time`.
    case timestamp(String, ascending: Bool)

    public func encode(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .property(let name, let ascending):
                json.member("property", name)
                json.member("direction", ascending ? "ascending" : "descending")
            case .timestamp(let name, let ascending):
                json.member("timestamp", name)
                json.member("direction", ascending ? "ascending" : "descending")
            }
        }
    }
}

/// A question for pages.
public struct NotionQuery: Hashable, Sendable {
    /// A data source; before version 2025-09-03 a database.
    public var source: NotionID
    public var filter: NotionFilter?
    public var sorts: [NotionSort] = []
    /// Ids of the properties that the answer is to have; empty for all.
    public var properties: [String] = []
    /// Rows of one answer, 1 to 100.
    public var pageSize = 100

    public init(_ source: NotionID, filter: NotionFilter? = nil, sorts: [NotionSort] = []) {
        self.source = source
        self.filter = filter
        self.sorts = sorts
    }

    func body(from cursor: String?) throws(NotionError) -> [UInt8] {
        if let filter, filter.depth > NotionFilter.deepest {
            throw .badFilter("its groups are nested deeper than \(NotionFilter.deepest)")
        }
        var json = JSONWriter()
        json.object { json in
            json.member("filter", ifPresent: filter)
            if !sorts.isEmpty { json.member("sorts", sorts) }
            json.member("start_cursor", ifPresent: cursor)
            json.member("page_size", min(max(pageSize, 1), 100))
        }
        return json.bytes
    }
}
