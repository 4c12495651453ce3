import Decimals
import JSONCodec

/// Why the simulated Notion refuses a request.
struct NotionRefused: Error {
    var status: Int
    var code: String
    var message: String

    static func validation(_ message: String) -> NotionRefused {
        NotionRefused(status: 400, code: "validation_error", message: message)
    }

    static func unknownOption(_ option: String, _ property: SimulatedTable.Property) -> NotionRefused {
        .validation("\(property.kind.typeName) option \"\(option)\" not found for property \"\(property.name)\".")
    }

    static func notFound(_ what: String, _ id: String) -> NotionRefused {
        NotionRefused(status: 404, code: "object_not_found", message: "Could not find \(what) with ID: \(id).")
    }
}

extension SimulatedNotion {
    /// The rows that a query gives, in its order, all of them.
    func matches(_ table: SimulatedTable, filter: JSONValue?, sorts: JSONValue?) throws(NotionRefused)
        -> [SimulatedTable.Row]
    {
        var rows: [SimulatedTable.Row] = []
        for row in table.rows where !row.inTrash {
            if try filter.map({ value throws(NotionRefused) in try fulfils(row, value, table, depth: 0) }) ?? true {
                rows.append(row)
            }
        }
        // Checked even when there is no row that would find out.
        if let filter, table.rows.isEmpty {
            let empty = SimulatedTable.Row(id: "", created: "", edited: "", values: [:])
            _ = try fulfils(empty, filter, table, depth: 0)
        }
        return try sorted(rows, by: sorts?.elements ?? [], table)
    }

    private func sorted(
        _ rows: [SimulatedTable.Row], by sorts: [JSONValue], _ table: SimulatedTable
    ) throws(NotionRefused) -> [SimulatedTable.Row] {
        var keys: [(key: (SimulatedTable.Row) -> String, ascending: Bool)] = []
        for sort in sorts {
            let ascending = sort["direction"]?.stringValue != "descending"
            if let time = sort["timestamp"]?.stringValue {
                keys.append(({ time == "created_time" ? $0.created : $0.edited }, ascending))
            } else if let name = sort["property"]?.stringValue {
                guard let property = table.property(name) else { throw .validation("no property \(name)") }
                keys.append(({ self.values(property, of: $0).first.map(Self.text) ?? "" }, ascending))
            } else {
                throw .validation("a sort needs property or timestamp")
            }
        }
        // Without sorts, and among equals, in the order of making.
        return rows.enumerated().sorted { one, other in
            for (key, ascending) in keys {
                let (left, right) = (key(one.element), key(other.element))
                if left != right { return (left < right) == ascending }
            }
            return one.offset < other.offset
        }.map(\.element)
    }

    private static func text(_ value: SimulatedValue) -> String {
        switch value {
        case .text(let text), .number(let text), .date(let text): text
        case .flag(let flag): "\(flag)"
        case .names(let names): names.joined(separator: ",")
        case .pages(let pages): pages.joined(separator: ",")
        }
    }

    private func fulfils(
        _ row: SimulatedTable.Row, _ filter: JSONValue, _ table: SimulatedTable, depth: Int
    ) throws(NotionRefused) -> Bool {
        if let parts = (filter["and"] ?? filter["or"])?.elements {
            guard depth < 2 else { throw .validation("body.filter: groups are nested deeper than two levels") }
            let wantsAll = filter["and"] != nil
            var fulfilled = wantsAll
            for part in parts {
                let one = try fulfils(row, part, table, depth: depth + 1)
                fulfilled = wantsAll ? fulfilled && one : fulfilled || one
            }
            return fulfilled
        }
        if let time = filter["timestamp"]?.stringValue {
            guard let condition = filter[time] else { throw .validation("body.filter.\(time) should be defined") }
            return try holds(condition, "date", [.date(time == "created_time" ? row.created : row.edited)])
        }
        guard let name = filter["property"]?.stringValue else {
            throw .validation("body.filter.property should be defined")
        }
        guard let property = table.property(name) else {
            throw .validation("Could not find property with name or id: \(name)")
        }
        let type = property.kind.typeName
        guard let condition = filter[type] else {
            throw .validation("database property \(type) does not match filter")
        }
        let values = values(property, of: row)
        switch property.kind {
        case .rollup: return try holds(rollup: condition, values)
        case .monthFormula:
            guard let inner = condition["string"] else {
                throw .validation("body.filter.formula.string should be defined")
            }
            return try holds(inner, "rich_text", values)
        case .select, .status:
            for member in condition.members ?? [] {
                if let option = member.value.stringValue, !table.knows(option, of: property) {
                    throw .unknownOption(option, property)
                }
            }
            return try holds(condition, type, values)
        default: return try holds(condition, type, values)
        }
    }

    private func holds(rollup condition: JSONValue, _ values: [SimulatedValue]) throws(NotionRefused) -> Bool {
        for (word, wantsAll) in [("any", false), ("every", true), ("none", false)] {
            guard let inner = condition[word], let member = inner.members?.first else { continue }
            var hits = 0
            for value in values where try holds(member.value, member.name, [value]) { hits += 1 }
            if word == "none" { return hits == 0 }
            return wantsAll ? hits == values.count : hits > 0
        }
        guard let inner = condition["number"] else {
            throw .validation("body.filter.rollup should have any, every, none, date or number")
        }
        return try holds(inner, "number", values)
    }

    /// Whether a value, the first if there is one, is as a condition of its type wants it.
    private func holds(_ condition: JSONValue, _ type: String, _ values: [SimulatedValue]) throws(NotionRefused) -> Bool
    {
        guard let (operation, wanted) = condition.members?.first.map({ ($0.name, $0.value) }) else {
            throw .validation("body.filter.\(type) has no condition")
        }
        let value = values.first
        if operation == "is_empty" { return Self.isEmpty(value) }
        if operation == "is_not_empty" { return !Self.isEmpty(value) }
        let unknown = NotionRefused.validation("body.filter.\(type).\(operation) is not a condition")
        switch type {
        case "title", "rich_text":
            let text: String = if case .text(let text) = value { text } else { "" }
            guard let wanted = wanted.stringValue else { throw unknown }
            switch operation {
            case "equals": return text == wanted
            case "does_not_equal": return text != wanted
            // Notion does not mind the case of letters here.
            case "contains": return text.lowercased().contains(wanted.lowercased())
            case "does_not_contain": return !text.lowercased().contains(wanted.lowercased())
            case "starts_with": return text.lowercased().hasPrefix(wanted.lowercased())
            case "ends_with": return text.lowercased().hasSuffix(wanted.lowercased())
            default: throw unknown
            }
        case "select", "status":
            guard let wanted = wanted.stringValue else { throw unknown }
            switch operation {
            case "equals": return value == .text(wanted)
            case "does_not_equal": return value != .text(wanted)
            default: throw unknown
            }
        case "multi_select", "relation":
            let all: [String] =
                switch value {
                case .names(let names): names
                case .pages(let pages): pages
                default: []
                }
            guard let wanted = wanted.stringValue else { throw unknown }
            switch operation {
            case "contains": return all.contains(wanted)
            case "does_not_contain": return !all.contains(wanted)
            default: throw unknown
            }
        case "checkbox":
            guard let wanted = wanted.boolValue, operation == "equals" else { throw unknown }
            return (value == .flag(true)) == wanted
        case "number":
            guard let wanted = wanted.numberText.flatMap({ ExactDecimal($0) }) else { throw unknown }
            guard case .number(let text) = value, let number = ExactDecimal(text) else { return false }
            switch operation {
            case "equals": return number == wanted
            case "does_not_equal": return number != wanted
            case "greater_than": return wanted < number
            case "less_than": return number < wanted
            case "greater_than_or_equal_to": return number >= wanted
            case "less_than_or_equal_to": return number <= wanted
            default: throw unknown
            }
        case "date":
            guard let wanted = wanted.stringValue else { throw unknown }
            guard case .date(let date) = value else { return false }
            // A day counts whole; with a time the instants are compared, all of them in UTC here.
            let isDay = wanted.utf8.count == 10
            let left = isDay ? String(date.prefix(10)) : date
            switch operation {
            case "equals": return left == wanted
            case "before": return left < wanted
            case "after": return left > wanted
            case "on_or_before": return left <= wanted
            case "on_or_after": return left >= wanted
            default: throw unknown
            }
        default: throw unknown
        }
    }

    private static func isEmpty(_ value: SimulatedValue?) -> Bool {
        switch value {
        case nil, .text(""), .names([]), .pages([]): true
        default: false
        }
    }
}
