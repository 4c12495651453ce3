/// Markdown as a page: headings, lists, strong words, links to the web. Whatever else stands there is text.
public struct BriefPage: Sendable {
    private var body = ""
    private var isInList = false
    private var paragraph: [String] = []

    /// - Parameter title: for those who show a page's title.
    public static func html(_ markdown: String, title: String) -> String {
        var page = BriefPage()
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) { page.add(line) }
        page.endBlock()
        return """
            <!DOCTYPE html>
            <html><head><meta charset="utf-8"><title>\(escaped(title))</title></head>
            <body style="font-family: sans-serif; line-height: 1.5; max-width: 42em">
            \(page.body)</body></html>

            """
    }

    private mutating func add(_ line: Substring) {
        let text = line.drop(while: \.isWhitespace)
        let level = text.prefix { $0 == "#" }.count
        if (1...6).contains(level), text.dropFirst(level).first == " " {
            endBlock()
            body += "<h\(level)>\(Self.inline(text.dropFirst(level + 1)))</h\(level)>\n"
        } else if text.hasPrefix("- ") || text.hasPrefix("* ") {
            endParagraph()
            if !isInList { body += "<ul>\n" }
            isInList = true
            body += "<li>\(Self.inline(text.dropFirst(2)))</li>\n"
        } else if text.isEmpty {
            endBlock()
        } else {
            endList()
            paragraph.append(Self.inline(text))
        }
    }

    private mutating func endBlock() {
        endList()
        endParagraph()
    }

    private mutating func endList() {
        if isInList { body += "</ul>\n" }
        isInList = false
    }

    private mutating func endParagraph() {
        if !paragraph.isEmpty { body += "<p>\(paragraph.joined(separator: "\n"))</p>\n" }
        paragraph = []
    }

    private static func inline(_ text: Substring) -> String {
        var html = ""
        var rest = text
        while let next = rest.firstIndex(where: { $0 == "[" || $0 == "*" }) {
            html += escaped(rest[..<next])
            rest = rest[next...]
            if let (label, target, after) = link(rest) {
                let isWeb = target.hasPrefix("https://") || target.hasPrefix("http://")
                html += isWeb ? "<a href=\"\(escaped(target))\">\(escaped(label))</a>" : escaped(label)
                rest = after
            } else if let (strong, after) = strong(rest) {
                html += "<strong>\(escaped(strong))</strong>"
                rest = after
            } else {
                html += escaped(rest.prefix(1))
                rest = rest.dropFirst()
            }
        }
        return html + escaped(rest)
    }

    /// `[label](target)`
    private static func link(_ text: Substring) -> (Substring, Substring, Substring)? {
        guard text.first == "[", let middle = text.firstIndex(of: "]") else { return nil }
        let target = text[text.index(after: middle)...]
        guard target.first == "(", let end = target.firstIndex(of: ")") else { return nil }
        return (
            text[text.index(after: text.startIndex)..<middle], target[..<end].dropFirst(), target[end...].dropFirst()
        )
    }

    /// `**words**`
    private static func strong(_ text: Substring) -> (Substring, Substring)? {
        guard text.hasPrefix("**") else { return nil }
        let inner = text.dropFirst(2)
        guard let end = inner.indices.first(where: { inner[$0...].hasPrefix("**") }), end > inner.startIndex else {
            return nil
        }
        return (inner[..<end], inner[end...].dropFirst(2))
    }

    private static func escaped(_ text: some StringProtocol) -> String {
        var html = ""
        for character in text {
            switch character {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            default: html.append(character)
            }
        }
        return html
    }
}
