public import Decimals
public import JSONCodec

/// What a property of a page is to hold from now on. Lists are replaced as a whole; nil, or an empty list, clears.
public enum NotionChange: Hashable, Sendable {
    case title(String)
    case text(String)
    case number(ExactDecimal?)
    case checkbox(Bool)
    case select(String?)
    case status(String)
    case multiSelect([String])
    case date(NotionDate?)
    case relation([NotionID])

    /// What Notion takes in one request.
    public enum Limit {
        /// UTF-16 units of one part of a text.
        public static let part = 2000
        /// Parts of a text.
        public static let parts = 100
        public static let options = 100
        public static let pages = 100
        /// Bytes of a request.
        public static let bytes = 500_000
    }

    /// What Notion would refuse it for; nil when nothing.
    public func fault(of name: String) -> NotionError? {
        switch self {
        case .title(let text), .text(let text):
            let parts = Self.parts(of: text).count
            guard parts > Limit.parts else { return nil }
            return .tooLarge(
                "the text of \(name) has \(text.utf16.count) characters; Notion takes \(Limit.part * Limit.parts)")
        case .multiSelect(let names) where names.count > Limit.options:
            return .tooLarge("\(name) has \(names.count) options; Notion takes \(Limit.options)")
        case .relation(let pages) where pages.count > Limit.pages:
            return .tooLarge("\(name) refers to \(pages.count) pages; Notion takes \(Limit.pages)")
        default: return nil
        }
    }

    /// The text in parts that Notion takes, cut between characters; a character that is longer than a part, which only
    /// a heap of combining marks is, is cut between its scalars.
    static func parts(of text: String) -> [String] {
        var parts: [String] = []
        var part = "", length = 0
        func add(_ piece: String, _ count: Int) {
            if length + count > Limit.part {
                parts.append(part)
                (part, length) = ("", 0)
            }
            part += piece
            length += count
        }
        for character in text {
            let count = character.utf16.count
            if count <= Limit.part {
                add(String(character), count)
            } else {
                for scalar in character.unicodeScalars { add(String(scalar), scalar.utf16.count) }
            }
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}

extension NotionChange: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .title(let text): json.member("title") { Self.write(text, to: &$0) }
            case .text(let text): json.member("rich_text") { Self.write(text, to: &$0) }
            case .number(let number): json.member("number", number)
            case .checkbox(let value): json.member("checkbox", value)
            case .select(let name): json.member("select", name.map(Option.init))
            case .status(let name): json.member("status", Option(name: name))
            case .multiSelect(let names): json.member("multi_select", names.map(Option.init))
            case .date(let date): json.member("date", date.map(Span.init))
            case .relation(let pages):
                json.member("relation") { json in
                    json.array { json in
                        for page in pages { json.object { $0.member("id", page) } }
                    }
                }
            }
        }
    }

    private static func write(_ text: String, to json: inout JSONWriter) {
        json.array { json in
            for part in parts(of: text) {
                json.object { json in json.member("text") { json in json.object { $0.member("content", part) } } }
            }
        }
    }

    private struct Option: JSONEncodable {
        var name: String

        func encode(to json: inout JSONWriter) { json.object { $0.member("name", name) } }
    }

    private struct Span: JSONEncodable {
        var date: NotionDate

        init(_ date: NotionDate) { self.date = date }

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("start", date.start)
                $0.member("end", ifPresent: date.end)
            }
        }
    }
}
