public import Decimals
public import JSONCodec

/// A page: a row of a data source.
public struct NotionPage: Hashable, Sendable {
    public var id: NotionID
    /// As it is written: `2026-01-05T08:00:00.000Z`.
    public var createdTime: String
    /// By the minute; two edits within one look alike.
    public var lastEditedTime: String
    public var inTrash: Bool
    /// By name.
    public var properties: [String: NotionProperty]

    public init(
        id: NotionID, createdTime: String = "", lastEditedTime: String = "", inTrash: Bool = false,
        properties: [String: NotionProperty] = [:]
    ) {
        self.id = id
        self.createdTime = createdTime
        self.lastEditedTime = lastEditedTime
        self.inTrash = inTrash
        self.properties = properties
    }

    /// What a property holds; nil when the page has none of that name.
    public subscript(name: String) -> NotionValue? { properties[name]?.value }

    /// The title, whatever its property is called.
    public var title: String {
        for property in properties.values {
            if case .title(let text) = property.value { return text }
        }
        return ""
    }

    /// What a property holds.
    /// - Throws: ``NotionError/badProperty(page:name:why:)`` when the page has none of that name.
    public func value(_ name: String) throws(NotionError) -> NotionValue {
        guard let value = self[name] else {
            throw .badProperty(page: id, name: name, why: "is not there; was it renamed?")
        }
        return value
    }

    /// The number of a property; nil when it is not set.
    public func number(_ name: String) throws(NotionError) -> ExactDecimal? {
        switch try value(name) {
        case .number(let number), .formula(.number(let number)), .rollup(.number(let number)): return number
        case let value: throw wrong(name, value, "a number")
        }
    }

    /// The text of a property; nil when it is not set.
    public func string(_ name: String) throws(NotionError) -> String? {
        switch try value(name) {
        case .number, .checkbox, .multiSelect, .date, .relation, .people, .rollup(.number), .rollup(.date), .other,
            .rollup(.other), .formula(.number), .formula(.boolean), .formula(.date), .formula(.other):
            throw wrong(name, try value(name), "a text")
        case let value: return value.string
        }
    }

    /// The day of a date, `YYYY-MM-DD`; nil when it is not set.
    public func day(_ name: String) throws(NotionError) -> String? {
        switch try value(name) {
        case .date(let date), .formula(.date(let date)), .rollup(.date(let date)): return date?.day
        case let value: throw wrong(name, value, "a date")
        }
    }

    /// The pages that a relation, or a roll-up of relations, shows.
    public func pages(_ name: String) throws(NotionError) -> [NotionID] {
        switch try value(name) {
        case .relation(let pages, _): return pages
        case .rollup(.array): return try value(name).pages
        case let value: throw wrong(name, value, "a relation")
        }
    }

    private func wrong(_ name: String, _ value: NotionValue, _ wanted: String) -> NotionError {
        .badProperty(page: id, name: name, why: "is a \(value.typeName), not \(wanted)")
    }
}

extension NotionPage: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: NotionID?, createdTime = "", lastEditedTime = "", inTrash = false
        var properties: [String: NotionProperty] = [:]
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "created_time": createdTime = try json.string()
            case "last_edited_time": lastEditedTime = try json.string()
            // Versions before 2026-03-11 answer both, which say the same.
            case "in_trash", "archived": inTrash = try json.bool() || inTrash
            case "properties":
                try json.object { name, json throws(JSONError) in properties[name] = try json.value() }
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), createdTime: createdTime, lastEditedTime: lastEditedTime, inTrash: inTrash,
            properties: properties)
    }
}

/// As plain JSON: the id, and what each property holds by its name.
extension NotionPage: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("properties", properties.mapValues(\.value))
        }
    }
}

extension NotionValue {
    /// Notion's name of the type.
    public var typeName: String {
        switch self {
        case .title: "title"
        case .text: "rich_text"
        case .number: "number"
        case .checkbox: "checkbox"
        case .select: "select"
        case .status: "status"
        case .multiSelect: "multi_select"
        case .date: "date"
        case .relation: "relation"
        case .people: "people"
        case .link: "url"
        case .rollup: "rollup"
        case .formula: "formula"
        case .time: "time"
        case .uniqueID: "unique_id"
        case .other(let type): type
        }
    }
}
