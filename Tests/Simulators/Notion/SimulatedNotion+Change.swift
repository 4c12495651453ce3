import JSONCodec

extension SimulatedNotion {
    /// Reads the properties of a request to create or change a page, as strictly as Notion does.
    func changes(_ json: JSONValue?, in table: SimulatedTable) throws(NotionRefused) -> [String: SimulatedValue?] {
        var changes: [String: SimulatedValue?] = [:]
        for member in json?.members ?? [] {
            guard let property = table.property(member.name) else {
                throw .validation("\(member.name) is not a property that exists.")
            }
            guard property.kind.isWritten else {
                throw .validation("\(member.name) is a \(property.kind.typeName) and cannot be written.")
            }
            let type = property.kind.typeName
            guard let value = member.value[type] else {
                throw .validation("\(member.name) is expected to be \(type).")
            }
            let read = try read(value, property)
            // A select gets an option that it lacks; a status does not.
            if property.kind == .status, case .text(let option) = read, !table.knows(option, of: property) {
                throw .unknownOption(option, property)
            }
            changes[property.name] = .some(read)
        }
        return changes
    }

    private func read(_ value: JSONValue, _ property: SimulatedTable.Property) throws(NotionRefused) -> SimulatedValue?
    {
        let place = "body.properties.\(property.name)"
        switch property.kind {
        case .title, .richText: return try .text(Self.text(value, place))
        case .number:
            if value.isNull { return nil }
            guard let number = value.numberText else {
                throw .validation("\(place).number should be a number or null.")
            }
            return .number(number)
        case .checkbox:
            guard let flag = value.boolValue else { throw .validation("\(place).checkbox should be a boolean.") }
            return .flag(flag)
        case .select, .status:
            if value.isNull { return nil }
            guard let name = value["name"]?.stringValue, !name.isEmpty, !name.contains(",") else {
                throw .validation("\(place).name should be a name.")
            }
            return .text(name)
        case .multiSelect:
            let names = (value.elements ?? []).compactMap { $0["name"]?.stringValue }
            guard names.count <= 100 else { throw Self.tooMany(place, names.count) }
            return .names(names)
        case .date:
            if value.isNull { return nil }
            guard let start = value["start"]?.stringValue, start.utf8.count >= 10 else {
                throw .validation("\(place).date.start should be a valid ISO 8601 date string.")
            }
            return .date(start)
        case .relation(let other, _):
            let pages = (value.elements ?? []).compactMap { $0["id"]?.stringValue }
            guard pages.count <= 100 else { throw Self.tooMany(place, pages.count) }
            for page in pages where table(of: page)?.name != other { throw .notFound("page", page) }
            var seen: Set<String> = []
            return .pages(pages.filter { seen.insert($0).inserted })
        case .rollup, .monthFormula: return nil
        }
    }

    private static func text(_ value: JSONValue, _ place: String) throws(NotionRefused) -> String {
        guard let parts = value.elements else { throw .validation("\(place) should be an array.") }
        guard parts.count <= 100 else { throw tooMany(place, parts.count) }
        var text = ""
        for (index, part) in parts.enumerated() {
            let content = part["text"]?["content"]?.stringValue ?? ""
            let length = content.utf16.count
            guard length <= 2000 else {
                throw .validation(
                    "body failed validation: \(place)[\(index)].text.content.length should be ≤ `2000`, instead was `\(length)`."
                )
            }
            text += content
        }
        return text
    }

    private static func tooMany(_ place: String, _ count: Int) -> NotionRefused {
        .validation("body failed validation: \(place).length should be ≤ `100`, instead was `\(count)`.")
    }
}
