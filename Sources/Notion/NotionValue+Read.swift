import Decimals
public import JSONCodec

/// Reads a property object; members that nobody here knows are passed over.
extension NotionProperty: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id = ""
        let typed = try TypedObject(from: &json) { key, json throws(JSONError) in
            if key == "id" { id = try json.string() } else { try json.skip() }
        }
        self.init(id: id, value: try NotionValue(typed))
    }
}

/// `{"type": "number", "number": 1}`: the value stands under the name that `type` has.
private struct TypedObject {
    let type: String
    private let members: [String: JSONRaw]

    init(
        from json: inout JSONReader,
        other: (String, inout JSONReader) throws(JSONError) -> Void = { _, json throws(JSONError) in try json.skip() }
    ) throws(JSONError) {
        var type: String?
        var members: [String: JSONRaw] = [:]
        try json.object { key, json throws(JSONError) in
            switch key {
            case "type": type = try json.string()
            case "id": try other(key, &json)
            default: members[key] = try json.raw()
            }
        }
        self.type = try json.require(type, "type")
        self.members = members
    }

    /// The value itself.
    func value<T: JSONDecodable>(_: T.Type = T.self) throws(JSONError) -> T {
        try member(type)
    }

    func member<T: JSONDecodable>(_ name: String, _: T.Type = T.self) throws(JSONError) -> T {
        guard let raw = members[name] else { throw JSONError(.missingMember, offset: 0, path: name, "is missing") }
        do throws(JSONError) {
            return try raw.decode()
        } catch {
            throw error.inside(member: name)
        }
    }

    func hasMember(_ name: String) -> Bool { members[name] != nil }
}

extension NotionValue {
    fileprivate init(_ typed: TypedObject) throws(JSONError) {
        switch typed.type {
        case "title": self = .title(try typed.value([Piece].self).text)
        case "rich_text": self = .text(try typed.value([Piece].self).text)
        case "number": self = .number(try typed.value())
        case "checkbox": self = .checkbox(try typed.value())
        case "select": self = .select(try typed.value(Named?.self)?.name)
        case "status": self = .status(try typed.value(Named?.self)?.name)
        case "multi_select": self = .multiSelect(try typed.value([Named].self).map(\.name))
        case "date": self = .date(try typed.value())
        case "relation":
            let hasMore = typed.hasMember("has_more") ? try typed.member("has_more", Bool.self) : false
            self = .relation(try typed.value([Reference].self).map(\.id), hasMore: hasMore)
        case "people": self = .people(try typed.value([Reference].self).map(\.id))
        case "url", "email", "phone_number": self = .link(try typed.value())
        case "rollup": self = .rollup(try typed.value())
        case "formula": self = .formula(try typed.value())
        case "created_time", "last_edited_time": self = .time(try typed.value())
        case "unique_id": self = .uniqueID(try typed.value(Counted.self).text)
        default: self = .other(typed.type)
        }
    }
}

/// An element of a roll-up: a property without an id.
extension NotionValue: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) { self = try NotionValue(TypedObject(from: &json)) }
}

extension NotionRollup: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        let typed = try TypedObject(from: &json)
        switch typed.type {
        case "number": self = .number(try typed.value())
        case "date": self = .date(try typed.value())
        case "array": self = .array(try typed.value())
        default: self = .other(typed.type)
        }
    }
}

extension NotionFormula: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        let typed = try TypedObject(from: &json)
        switch typed.type {
        case "string": self = .string(try typed.value())
        case "number": self = .number(try typed.value())
        case "boolean": self = .boolean(try typed.value())
        case "date": self = .date(try typed.value())
        default: self = .other(typed.type)
        }
    }
}

extension NotionDate: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var start: String?, end: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "start": start = try json.string()
            case "end": end = try json.value()
            default: try json.skip()
            }
        }
        self.init(start: try json.require(start, "start"), end: end)
    }
}

/// A part of a rich text.
private struct Piece: JSONDecodable {
    var text = ""

    init(from json: inout JSONReader) throws(JSONError) {
        var text: String?
        try json.object { key, json throws(JSONError) in
            if key == "plain_text" { text = try json.string() } else { try json.skip() }
        }
        self.text = try json.require(text, "plain_text")
    }
}

extension [Piece] {
    fileprivate var text: String { map(\.text).joined() }
}

/// An option of a select, status or multi-select.
private struct Named: JSONDecodable {
    var name: String

    init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        try json.object { key, json throws(JSONError) in
            if key == "name" { name = try json.string() } else { try json.skip() }
        }
        self.name = try json.require(name, "name")
    }
}

/// A page or user that is referred to.
struct Reference: JSONDecodable {
    var id: NotionID

    init(from json: inout JSONReader) throws(JSONError) {
        var id: NotionID?
        try json.object { key, json throws(JSONError) in
            if key == "id" { id = try json.value() } else { try json.skip() }
        }
        self.id = try json.require(id, "id")
    }
}

private struct Counted: JSONDecodable {
    var text: String

    init(from json: inout JSONReader) throws(JSONError) {
        var prefix: String?, number: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "prefix": prefix = try json.value()
            case "number": number = try json.value()
            default: try json.skip()
            }
        }
        let count = number.map { String($0) } ?? ""
        text = prefix.map { "\($0)-\(count)" } ?? count
    }
}
