import JSONCodec

/// What an OpenRPC document says of a service's methods, in words.
struct MethodBook {
    private let methods: [JSONValue]

    init(_ document: JSONValue) {
        methods = document["methods"]?.elements ?? []
    }

    func method(_ name: String) -> JSONValue? {
        methods.first { $0["name"]?.stringValue == name }
    }

    /// A row per method.
    func list() -> Table {
        var table = Table([.text("Method"), .text("Access"), .text("Summary", shrinksTo: 30)])
        for method in methods {
            table.add([
                Table.Cell(method["name"]?.stringValue ?? "?"), Table.Cell(method["x-access"]?.stringValue ?? ""),
                Table.Cell(method["summary"]?.stringValue ?? ""),
            ])
        }
        return table
    }

    /// Everything about one method: what it takes, what it gives, and its first example as a command.
    func lines(_ method: JSONValue, for terminal: Terminal) -> [String] {
        let name = method["name"]?.stringValue ?? "?"
        var lines = [terminal.paint(name, .strong)]
        if let summary = method["summary"]?.stringValue { lines.append(DisplayText.harmless(summary)) }
        var facts = Facts()
        facts.add("Access", method["x-access"]?.stringValue)
        facts.add("Result", (method["result"]?["schema"]).map(Self.type))
        facts.add("Progress", method["x-progress"].map(Self.words))
        facts.add("Idempotency", method["x-idempotency"].map(Self.words))
        lines += facts.lines(for: terminal)
        let params = method["params"]?.elements ?? []
        lines += [""] + (params.isEmpty ? ["It takes no parameters."] : Self.table(params).lines(for: terminal))
        for example in (method["examples"]?.elements ?? []).prefix(1) {
            lines += ["", terminal.paint("For instance", .quiet)] + Self.lines(of: example, name)
        }
        return lines
    }

    private static func table(_ params: [JSONValue]) -> Table {
        var table = Table([
            .text("Parameter"), .text("Type", shrinksTo: 20), .text("Needed"), .text("Default", optional: true),
            .text("Meaning", shrinksTo: 20, optional: true),
        ])
        for param in params {
            let schema = param["schema"] ?? .null
            table.add([
                Table.Cell(param["name"]?.stringValue ?? "?"), Table.Cell(type(schema)),
                Table.Cell(param["required"]?.boolValue == true ? "yes" : "no"),
                Table.Cell(schema["default"].map { JSON.text($0) } ?? ""),
                Table.Cell((schema["description"] ?? param["description"])?.stringValue ?? ""),
            ])
        }
        return table
    }

    private static func lines(of example: JSONValue, _ method: String) -> [String] {
        let members = (example["params"]?.elements ?? []).compactMap { param -> JSONMember? in
            guard let name = param["name"]?.stringValue, let value = param["value"] else { return nil }
            return JSONMember(name, value)
        }
        let words = members.isEmpty ? "" : " " + ShellWord.quoted(JSON.text(JSONValue.object(members)))
        var lines = ["millctl call \(method)\(words)"]
        if let result = example["result"]?["value"] {
            lines += result.pretty().split(separator: "\n").map(String.init)
        }
        return lines.map(DisplayText.harmless)
    }

    /// "integer 1…1000", "one of a, b", "list of JobView", "object".
    static func type(_ schema: JSONValue) -> String {
        if let reference = schema["$ref"]?.stringValue {
            return String(reference.split(separator: "/").last ?? "object")
        }
        if let words = schema["enum"]?.elements {
            return "one of " + words.map { $0.stringValue ?? JSON.text($0) }.joined(separator: ", ")
        }
        for name in ["oneOf", "anyOf"] {
            if let choices = schema[name]?.elements { return choices.map(type).joined(separator: " or ") }
        }
        guard let name = schema["type"]?.stringValue else { return "any" }
        if name == "array" { return "list of \(schema["items"].map(type) ?? "any")" }
        switch (schema["minimum"]?.numberText, schema["maximum"]?.numberText) {
        case (let low?, let high?): return "\(name) \(low) to \(high)"
        case (let low?, nil): return "\(name) from \(low)"
        case (nil, let high?): return "\(name) to \(high)"
        case (nil, nil): return schema["format"]?.stringValue.map { "\(name) (\($0))" } ?? name
        }
    }

    private static func words(_ value: JSONValue) -> String {
        value.stringValue ?? (value["$ref"] != nil || value["type"] != nil ? type(value) : JSON.text(value))
    }
}
