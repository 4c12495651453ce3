import JSONCodec

/// Shows the result of any workload: lists of objects as tables, single values as facts below them, where a person at a
/// terminal sees them last, the rest as JSON.
struct JobResult {
    let terminal: Terminal
    /// Rows of a table beyond this many are only counted.
    static let rows = 200

    /// The lines of the whole result; none for `null`.
    func lines(_ result: JSONValue) -> [String] {
        guard let members = result.members else { return result.isNull ? [] : [result.pretty()] }
        var lines: [String] = []
        for member in members where Self.scalar(member.value) == nil {
            if member.value.elements?.isEmpty ?? member.value.members?.isEmpty ?? false { continue }
            lines += list(member) + [""]
        }
        let single = members.filter { Self.scalar($0.value) != nil }
        lines += Facts(single.map { (Self.title($0.name), Self.scalar($0.value)!) }).lines(for: terminal)
        return lines.last == "" ? lines.dropLast() : lines
    }

    private func list(_ member: JSONMember) -> [String] {
        guard let elements = member.value.elements, let table = Self.table(elements.prefix(Self.rows)) else {
            return [Self.title(member.name) + ":", member.value.pretty()]
        }
        var lines = table.lines(for: terminal)
        if elements.count > Self.rows { lines.append("and \(elements.count - Self.rows) more; --json shows all") }
        return lines
    }

    /// A row per object; where an object holds one list of objects, a row per element of that, with what the elements
    /// share said once. Nil when the elements are no objects of single values.
    static func table(_ elements: some Collection<JSONValue>) -> Table? {
        guard !elements.isEmpty, elements.allSatisfy({ $0.members != nil }) else { return nil }
        var outer: [String] = [], inner: [String] = [], numeric: Set<String> = [], textual: Set<String> = []
        func note(_ members: [JSONMember], _ names: inout [String], _ prefix: String) {
            for member in members where scalar(member.value) != nil && isShown(member.name) {
                if !names.contains(member.name) { names.append(member.name) }
                if case .number = member.value {
                    numeric.insert(prefix + member.name)
                } else if !member.value.isNull {
                    textual.insert(prefix + member.name)
                }
            }
        }
        for element in elements {
            note(element.members!, &outer, "outer.")
            for part in parts(element) { note(part.members!, &inner, "inner.") }
        }
        guard !(outer + inner).isEmpty else { return nil }

        let keys = outer.map { ("outer.", $0) } + inner.map { ("inner.", $0) }
        var table = Table(
            keys.map { prefix, name in
                let isNumber = numeric.contains(prefix + name) && !textual.contains(prefix + name)
                return isNumber
                    ? .number(title(name), optional: true) : .text(title(name), shrinksTo: 12, optional: true)
            })
        for element in elements {
            let parts = parts(element)
            for index in 0..<max(1, parts.count) {
                let own = outer.map { index == 0 ? cell(element[$0]) : "" }
                let part: JSONValue? = parts.isEmpty ? nil : parts[index]
                table.add(own + inner.map { name in cell(part.flatMap { $0[name] }) })
            }
        }
        return table
    }

    private static func parts(_ element: JSONValue) -> [JSONValue] {
        let lists = element.members!.compactMap(\.value.elements).filter { list in
            !list.isEmpty && list.allSatisfy { $0.members != nil }
        }
        return lists.count == 1 ? lists[0] : []
    }

    /// Page ids of the books are for programs.
    private static func isShown(_ name: String) -> Bool { !name.hasSuffix("_page_id") }

    private static func cell(_ value: JSONValue?) -> Table.Cell {
        switch value {
        case nil, .null?: ""
        case .bool(let value)?: value ? "yes" : ""
        case let value?: Table.Cell(scalar(value) ?? "")
        }
    }

    private static func scalar(_ value: JSONValue) -> String? {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): text
        case .array, .object: nil
        }
    }

    /// "timesheets_aggregated" is called entries, "contractor_id" contractor, "lineItems" line items.
    static func title(_ name: String) -> String {
        let known = ["timesheets_aggregated": "Entries"]
        if let title = known[name] { return title }
        var words = ""
        for character in name.hasSuffix("_id") ? name.dropLast(3) : name[...] {
            if character == "_" || character == "-" {
                words.append(" ")
            } else if character.isUppercase, let last = words.last, last.isLowercase {
                words += " " + character.lowercased()
            } else {
                words.append(character)
            }
        }
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
