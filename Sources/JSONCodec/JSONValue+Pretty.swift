extension JSONValue {
    /// The value for people to read: a line per member and element, empty ones and short lists of scalars on one line.
    ///
    /// - Parameter indent: spaces a level.
    public func pretty(indent: Int = 2) -> String {
        var text = ""
        write(to: &text, indent: indent, level: 0)
        return text
    }

    private func write(to text: inout String, indent: Int, level: Int) {
        switch self {
        case .array(let elements) where !elements.isEmpty && !fitsLine(elements):
            Self.lines(of: elements, "[", "]", to: &text, indent: indent, level: level) { element, text in
                element.write(to: &text, indent: indent, level: level + 1)
            }
        case .array(let elements):
            text += "[" + elements.map { JSON.text($0) }.joined(separator: ", ") + "]"
        case .object(let members) where !members.isEmpty:
            Self.lines(of: members, "{", "}", to: &text, indent: indent, level: level) { member, text in
                text += JSON.text(member.name) + ": "
                member.value.write(to: &text, indent: indent, level: level + 1)
            }
        default:
            text += JSON.text(self)
        }
    }

    private static func lines<Part>(
        of parts: [Part], _ opening: String, _ closing: String, to text: inout String, indent: Int, level: Int,
        part: (Part, inout String) -> Void
    ) {
        text += opening
        var separator = "\n"
        for item in parts {
            text += separator + String(repeating: " ", count: indent * (level + 1))
            part(item, &text)
            separator = ",\n"
        }
        text += "\n" + String(repeating: " ", count: indent * level) + closing
    }

    /// Scalars only, and short enough to be taken in at a glance.
    private func fitsLine(_ elements: [JSONValue]) -> Bool {
        var length = 0
        for element in elements {
            switch element {
            case .array, .object: return false
            case .string(let text): length += text.utf8.count + 4
            case .number(let text): length += text.utf8.count + 2
            case .bool, .null: length += 6
            }
            if length > 80 { return false }
        }
        return true
    }
}
