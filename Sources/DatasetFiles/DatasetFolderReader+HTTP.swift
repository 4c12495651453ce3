import Declarations
import JSONCodec
import Linux

extension DatasetFolderReader {
    func readHTTP(_ fields: DeclaredFields, _ value: Declared) -> HTTPSourceDefinition? {
        let errors = problems.errors
        let url = fields.require("url", "say where the rows are asked for")
        let address = url.flatMap(Self.readURL)
        let body = fields["body"]
        let json = body.flatMap(Self.readBody)
        let method = fields["method"]?.choice(HTTPSourceDefinition.Method.self)
        var source = HTTPSourceDefinition(method: method ?? (body == nil ? .get : .post), url: address ?? "")
        source.body = json
        if let join = fields["join"]?.text("at most 100 visible characters", where: Self.isJoin) { source.join = join }
        for (name, header) in fields["headers"]?.entries(atMost: 50) ?? [] {
            if let field = Self.readHeader(name, header) { source.headers.append(field) }
        }
        source.items = fields["items"].flatMap(Self.readPointer) ?? JSONPointer()
        source.key = fields["key"].flatMap(Self.readPointer)
        source.value = fields["value"].flatMap(Self.readPointer)
        source.next = fields["next"].flatMap(Self.readPointer)
        if let limit = fields["limit"]?.bytes(1024...(64 << 20)) { source.limit = limit }
        if body != nil, source.method == .get {
            fields.refuse("body", "is sent with POST; remove the method, or the body")
        }
        if source.next != nil, !source.namesCursor, errors == problems.errors {
            fields.refuse("next", "the cursor goes nowhere; put {cursor} into the url or the body")
        }
        if source.next == nil, source.namesCursor {
            value.refuse("names {cursor} but not where the next one is; add next: /pointer")
        }
        return errors == problems.errors && address != nil ? source : nil
    }

    func readNotion(_ fields: DeclaredFields) -> NotionSourceDefinition? {
        let errors = problems.errors
        let id = fields.require("source", "give the id of the database or data source")?.text(
            "an id of 32 hexadecimal digits, with or without hyphens"
        ) { text in
            let digits = text.filter { $0 != "-" }
            return digits.utf8.count == 32 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
        }
        var source = NotionSourceDefinition(source: id ?? "")
        source.key = fields["key"]?.text("the name of a property") { (1...100).contains($0.count) }
        source.filter = fields["filter"].flatMap(Self.readBody)
        if let name = fields["token"]?.credential() { source.token = name }
        source.url = fields["url"].flatMap(Self.readURL)
        return errors == problems.errors && id != nil ? source : nil
    }

    private static func readURL(_ value: Declared) -> String? {
        guard
            let text = value.text(
                "an address that begins with https:// or http://",
                where: { text in
                    ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
                })
        else { return nil }
        guard text.utf8.count <= 4096, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else {
            value.refuse(
                "an address has at most 4096 visible ASCII characters and no #; percent-encode what else is in it")
            return nil
        }
        let authority = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)[2].prefix {
            $0 != "/" && $0 != "?"
        }
        if authority.contains("@") {
            value.refuse("holds a user or password; put it into a header as a credential")
            return nil
        }
        if authority.contains("{") {
            value.refuse("the host cannot depend on keys; {keys} and {cursor} may stand in path and query")
            return nil
        }
        for name in placeholders(in: text) where name != "keys" && name != "cursor" {
            value.refuse("there is no {\(name)}; there are {keys} and {cursor}")
            return nil
        }
        return text
    }

    private static func placeholders(in text: String) -> [String] {
        text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().map { part in
            String(part.prefix { $0 != "}" })
        }
    }

    private static func readBody(_ value: Declared) -> JSONValue? {
        guard value.isMapping else { return value.refuse(unless: "a mapping, which is sent as JSON") }
        guard let text = value.json() else { return nil }
        do throws(JSONError) {
            return try JSON.decode(JSONValue.self, from: text)
        } catch {
            value.refuse("cannot be sent as JSON: \(error.message)")
            return nil
        }
    }

    private static func isJoin(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func readHeader(_ name: String, _ value: Declared) -> HTTPSourceDefinition.HeaderField? {
        guard name.utf8.count <= 100, NameRule.isToken(name) else {
            value.refuse("\(Declared.quoted(name)) is no name of a header")
            return nil
        }
        if ["authorization", "proxy-authorization", "cookie", "x-api-key"].contains(name.lowercased()),
            !value.isMapping
        {
            value.refuse("a secret does not belong here; write { credential: NAME }, the name of a systemd credential")
            return nil
        }
        if !value.isMapping {
            return value.text("visible ASCII characters", where: isHeaderValue).map {
                .init(name: name, value: .text($0))
            }
        }
        let header: HTTPSourceDefinition.Header?? = value.fields { fields in
            let purpose = "name the systemd credential that holds the value"
            let credential = fields.require("credential", purpose)?.credential()
            let prefix = fields["prefix"]
            let text = prefix?.text("visible ASCII characters", where: isHeaderValue)
            guard let credential, (prefix == nil) == (text == nil) else { return nil }
            return .credential(credential, prefix: text ?? "")
        }
        return (header ?? nil).map { .init(name: name, value: $0) }
    }

    private static func readPointer(_ value: Declared) -> JSONPointer? {
        value.text("a JSON pointer, such as /data/items", where: { JSONPointer($0) != nil }).flatMap { JSONPointer($0) }
    }

    private static func isHeaderValue(_ value: String) -> Bool {
        value.utf8.count <= 4096 && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
