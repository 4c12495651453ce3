import DatasetFiles
import JSONCodec
import Linux
import MillraceProtocol
import MillraceService
import Preloading
import WebClient

/// Rows of a web service that speaks JSON: by a list of keys, or page by page.
struct HTTPSource: KeyedSource, PagedSource {
    private let definition: HTTPSourceDefinition
    private let dataset: String
    private let timeout: Duration
    private let web: WebDoor
    private let secrets: Secrets
    private let time: any TimeSource

    init(
        _ definition: HTTPSourceDefinition, dataset: String, timeout: Duration, web: WebDoor, secrets: Secrets,
        time: any TimeSource
    ) {
        self.definition = definition
        self.dataset = dataset
        self.timeout = timeout
        self.web = web
        self.secrets = secrets
        self.time = time
    }

    var source: DatasetSource { definition.isKeyed ? .keyed(self) : .paged(self) }

    func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
        try answer(try await ask(keys, cursor: nil, call))
    }

    func page(after cursor: String?, for keys: [String], _ call: SourceCall) async throws -> SourcePage {
        let document = try await ask(keys, cursor: cursor, call)
        guard case .rows(let rows) = try answer(document) else {
            throw wrong("its rows have no keys, and it does not answer lists of keys")
        }
        return SourcePage(rows: rows, next: try next(document))
    }

    // MARK: Asking

    private func ask(_ keys: [String], cursor: String?, _ call: SourceCall) async throws -> JSONValue {
        let request = try request(keys, cursor, call)
        let response = try await web.client().send(request)
        if let failure = response.failure(of: request, now: time.wall()) { throw failure }
        do throws(JSONError) {
            return try JSON.decode(JSONValue.self, from: response.body)
        } catch {
            throw wrong("it answered what is no JSON at byte \(error.offset)")
        }
    }

    private func request(_ keys: [String], _ cursor: String?, _ call: SourceCall) throws -> WebRequest {
        let list = keys.map(WebURL.escaped).joined(separator: definition.join)
        let text = Self.filled(definition.url, ["keys": list, "cursor": WebURL.escaped(cursor ?? "")])
        var headers = WebHeaders()
        headers.add("Accept", "application/json")
        for header in definition.headers {
            switch header.value {
            case .text(let text): headers.add(header.name, text)
            case .credential(let name, let prefix):
                guard let secret = String(validating: try secrets.read(name), as: UTF8.self) else {
                    throw wrong("the credential \(name) is no text")
                }
                headers.add(header.name, prefix + secret)
            }
        }
        var body: [UInt8] = []
        if let template = definition.body {
            headers.add("Content-Type", "application/json")
            body = JSON.encode(Self.filled(template, keys, cursor) ?? .null)
        }
        return WebRequest(
            definition.method == .get ? .get : .post, try WebURL(text), headers: headers, body: body,
            timeout: min(timeout, max(.milliseconds(1), call.deadline.remaining(time))),
            answer: .whole(limit: definition.limit))
    }

    /// Both in one pass, so that what is put in is not looked through again.
    private static func filled(_ template: String, _ values: [String: String]) -> String {
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            text += values[String(rest[rest.index(after: open)..<close])] ?? ""
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }

    /// Nil for a cursor where there is none yet: its member or element is left out.
    private static func filled(_ template: JSONValue, _ keys: [String], _ cursor: String?) -> JSONValue? {
        switch template {
        case .string("{keys}"): .array(keys.map { .string($0) })
        case .string("{cursor}"): cursor.map { .string($0) }
        case .array(let elements): .array(elements.compactMap { filled($0, keys, cursor) })
        case .object(let members):
            .object(
                members.compactMap { member in
                    filled(member.value, keys, cursor).map { JSONMember(member.name, $0) }
                })
        case .null, .bool, .number, .string: template
        }
    }

    // MARK: Reading

    private func answer(_ document: JSONValue) throws -> SourceAnswer {
        guard let items = definition.items.find(in: document) else {
            throw wrong("there is nothing at \(definition.items) in its answer")
        }
        if let members = items.members, definition.key == nil {
            return .rows(try members.map { SourceRow($0.name, try value($0.value)) })
        }
        guard let elements = items.elements else {
            throw wrong("what is at \(definition.items) in its answer is no list")
        }
        guard let pointer = definition.key else {
            return .ordered(try elements.map { $0.isNull ? nil : try value($0) })
        }
        return .rows(
            try elements.map { row in
                guard let key = pointer.find(in: row).flatMap(RowKey.text) else {
                    throw wrong("a row has no text or number at \(pointer)")
                }
                return SourceRow(key, try value(row))
            })
    }

    private func value(_ row: JSONValue) throws -> JSONRaw {
        guard let pointer = definition.value else { return JSONRaw(row) }
        guard let value = pointer.find(in: row) else { throw wrong("a row has nothing at \(pointer)") }
        return JSONRaw(value)
    }

    private func next(_ document: JSONValue) throws -> String? {
        guard let pointer = definition.next, let value = pointer.find(in: document) else { return nil }
        switch value {
        case .null, .bool(false), .string(""): return nil
        case .string(let text), .number(let text): return text
        case .bool, .array, .object: throw wrong("what is at \(pointer) in its answer is no cursor")
        }
    }

    private func wrong(_ what: String) -> SourceError { .unreadable(dataset, what) }
}
