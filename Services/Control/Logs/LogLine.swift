import JSONCodec
import Linux

/// A line of the suite's log: `TIME level name message… field=value…`.
struct LogLine: Hashable, Sendable {
    var time: Timestamp
    var level: String
    /// Who speaks: a service, a worker or millctl.
    var name: String
    var message: String
    /// The `field=value` pairs at the end, in their order, values without their quotes.
    var fields: [Field]

    struct Field: Hashable, Sendable {
        var name: String
        var value: String
    }

    static let levels: Set<String> = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// Nil for a line of another form.
    init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard words.count >= 3, let time = Timestamp(String(words[0])), Self.levels.contains(String(words[1])),
            !words[2].isEmpty
        else { return nil }
        self.time = time
        level = String(words[1])
        name = String(words[2])
        (message, fields) = Self.cut(words.count > 3 ? words[3] : "")
    }

    static func hasForm(_ line: String) -> Bool {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        return words.count >= 3 && Timestamp(String(words[0])) != nil && levels.contains(String(words[1]))
    }

    subscript(field: String) -> String? {
        fields.first { $0.name == field }?.value
    }

    /// Takes the pairs off the end: each ` name=value` or ` name="a value"` with names of letters, digits and hyphens.
    private static func cut(_ text: Substring) -> (String, [Field]) {
        var rest = text, fields: [Field] = []
        while let (head, field) = lastField(of: rest) {
            fields.append(field)
            rest = head
        }
        return (String(rest), fields.reversed())
    }

    private static func lastField(of text: Substring) -> (Substring, Field)? {
        guard let last = text.last else { return nil }
        var value = Substring(), head = text
        if last == "\"" {
            // The opening quote stands after the nearest `="` before it that has an even number of backslashes.
            var search = text.dropLast()
            while let quote = search.lastIndex(of: "\"") {
                if quote > text.startIndex, text[text.index(before: quote)] == "=" {
                    value = text[quote...]
                    head = text[..<text.index(before: quote)]
                    break
                }
                search = text[..<quote]
            }
            guard !value.isEmpty else { return nil }
        } else {
            let start = text.lastIndex(of: " ").map { text.index(after: $0) } ?? text.startIndex
            guard let equals = text[start...].firstIndex(of: "=") else { return nil }
            value = text[text.index(after: equals)...]
            head = text[..<equals]
        }
        let start = head.lastIndex(of: " ").map { head.index(after: $0) } ?? head.startIndex
        let name = head[start...]
        guard !name.isEmpty,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_") })
        else { return nil }
        let before = head[..<start]
        return (before.last == " " ? before.dropLast() : before, Field(name: String(name), value: unquoted(value)))
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.first == "\"" else { return String(text) }
        return (try? JSON.decode(String.self, from: String(text))) ?? String(text.dropFirst().dropLast())
    }
}

extension LogLine: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("time", time.description)
            json.member("level", level)
            json.member("name", name)
            json.member("message", message)
            for field in fields where !["time", "level", "name", "message"].contains(field.name) {
                json.member(field.name, field.value)
            }
        }
    }
}
