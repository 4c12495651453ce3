import Decimals
import JSONCodec

extension SimulatedNotion {
    /// What a property of a row comes to: one value, or those that a roll-up gathers.
    func values(_ property: SimulatedTable.Property, of row: SimulatedTable.Row) -> [SimulatedValue] {
        switch property.kind {
        case .rollup(let relation, let wanted, let function):
            var gathered: [SimulatedValue] = []
            for page in Self.pages(row.values[relation]) {
                guard let table = table(of: page), let property = table.property(wanted), let row = self.row(page),
                    !row.inTrash
                else { continue }
                gathered += values(property, of: row)
            }
            return function == .showOriginal ? gathered : [.number(Self.total(gathered, function))]
        case .monthFormula(let date):
            guard case .date(let day) = row.values[date] else { return [] }
            return [.text(String(day.prefix(7)))]
        default:
            return row.values[property.name].map { [$0] } ?? []
        }
    }

    private static func total(_ values: [SimulatedValue], _ function: SimulatedTable.Function) -> String {
        guard function == .sum else { return String(values.count) }
        var total = ExactDecimal.zero
        for case .number(let text) in values { total = total + (ExactDecimal(text) ?? 0) }
        return total.description
    }

    // MARK: - As Notion writes them

    func write(_ row: SimulatedTable.Row, of table: SimulatedTable, versionHasSources: Bool, to json: inout JSONWriter)
    {
        json.object { json in
            json.member("object", "page")
            json.member("id", row.id)
            json.member("created_time", row.created)
            json.member("last_edited_time", row.edited)
            json.member("cover", String?.none)
            json.member("icon", String?.none)
            json.member("parent") { json in
                json.object { json in
                    json.member("type", versionHasSources ? "data_source_id" : "database_id")
                    if versionHasSources { json.member("data_source_id", table.id) }
                    json.member("database_id", table.database)
                }
            }
            json.member("in_trash", row.inTrash)
            json.member("archived", row.inTrash)
            json.member("properties") { json in
                json.object { json in
                    for property in table.properties {
                        json.member(property.name) { write(property, of: row, to: &$0) }
                    }
                }
            }
            json.member("url", "https://www.notion.so/" + row.id.filter { $0 != "-" })
            json.member("public_url", String?.none)
        }
    }

    private func write(_ property: SimulatedTable.Property, of row: SimulatedTable.Row, to json: inout JSONWriter) {
        json.object { json in
            json.member("id", property.id)
            switch property.kind {
            case .rollup(_, _, let function):
                json.member("type", "rollup")
                json.member("rollup") { write(rollup: property, of: row, function, to: &$0) }
            default:
                write(property.kind, values(property, of: row).first, to: &json)
            }
        }
    }

    private func write(
        rollup property: SimulatedTable.Property, of row: SimulatedTable.Row, _ function: SimulatedTable.Function,
        to json: inout JSONWriter
    ) {
        let values = values(property, of: row)
        json.object { json in
            if function == .showOriginal {
                json.member("type", "array")
                json.member("array") { json in
                    json.array { json in
                        let kind = self.kind(gatheredBy: property, in: table(of: row.id))
                        for value in values {
                            json.object { write(kind, value, to: &$0) }
                        }
                    }
                }
            } else {
                json.member("type", "number")
                json.member("number") { Self.write(number: values.first, to: &$0) }
            }
            json.member("function", function.rawValue)
        }
    }

    /// What the values of a roll-up are, through roll-ups of roll-ups.
    func kind(gatheredBy property: SimulatedTable.Property, in table: SimulatedTable?) -> SimulatedTable.Kind {
        guard case .rollup(let relation, let wanted, let function) = property.kind else { return property.kind }
        guard function == .showOriginal else { return .number }
        guard case .relation(let other, _) = table?.property(relation)?.kind, let target = tables[other],
            let found = target.property(wanted)
        else { return .richText }
        return kind(gatheredBy: found, in: target)
    }

    /// Type and value, as members of an object.
    private func write(_ kind: SimulatedTable.Kind, _ value: SimulatedValue?, to json: inout JSONWriter) {
        json.member("type", kind.typeName)
        switch (kind, value) {
        case (.title, let value), (.richText, let value):
            json.member(kind.typeName) { Self.write(text: value, to: &$0) }
        case (.number, let value): json.member("number") { Self.write(number: value, to: &$0) }
        case (.checkbox, let value): json.member("checkbox", value == .flag(true))
        case (.select, .text(let name)), (.status, .text(let name)):
            json.member(kind.typeName) { Self.write(option: name, to: &$0) }
        case (.select, _), (.status, _), (.date, nil): json.member(kind.typeName, String?.none)
        case (.multiSelect, let value):
            json.member("multi_select") { json in
                json.array { json in
                    guard case .names(let names) = value else { return }
                    for name in names { Self.write(option: name, to: &json) }
                }
            }
        case (.date, .date(let start)):
            json.member("date") { json in
                json.object { json in
                    json.member("start", start)
                    json.member("end", String?.none)
                    json.member("time_zone", String?.none)
                }
            }
        case (.date, _): json.member("date", String?.none)
        case (.relation, let value):
            let pages = Self.pages(value)
            json.member("relation") { json in
                json.array { json in
                    for page in pages.prefix(shownReferences) { json.object { $0.member("id", page) } }
                }
            }
            json.member("has_more", pages.count > shownReferences)
        case (.monthFormula, let value):
            json.member("formula") { json in
                json.object { json in
                    json.member("type", "string")
                    if case .text(let text) = value { json.member("string", text) } else { json.member("string", "") }
                }
            }
        case (.rollup, _): json.member("rollup", String?.none)
        }
    }

    private static func write(text value: SimulatedValue?, to json: inout JSONWriter) {
        json.array { json in
            guard case .text(let text) = value, !text.isEmpty else { return }
            for part in parts(of: text) {
                json.object { json in
                    json.member("type", "text")
                    json.member("text") { json in
                        json.object { json in
                            json.member("content", part)
                            json.member("link", String?.none)
                        }
                    }
                    json.member("plain_text", part)
                    json.member("href", String?.none)
                }
            }
        }
    }

    /// Long texts come in several parts.
    private static func parts(of text: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            parts.append(String(rest.prefix(1000)))
            rest = rest.dropFirst(1000)
        }
        return parts
    }

    private static func write(number value: SimulatedValue?, to json: inout JSONWriter) {
        if case .number(let text) = value { json.raw(JSONRaw(unchecked: Array(text.utf8))) } else { json.null() }
    }

    private static func write(option name: String, to json: inout JSONWriter) {
        json.object { json in
            json.member("id", "o-" + name.lowercased().filter { $0.isASCII && $0.isLetter })
            json.member("name", name)
            json.member("color", "default")
        }
    }
}
