public import Calendars
public import JSONCodec
import Linux
import MillraceStore

/// What briefs are made of, as one JSON document: `{"users": […], "preferences": […], "projects": […], "tasks": […], "notes":
/// […], "phases": […], "phase_tasks": […], "calendar_events": […]}`.
///
/// The members of a record have the names of the columns; times are RFC 3339, days YYYY-MM-DD. A record that is there already
/// takes the values that the document gives and keeps the others.
extension SQLiteBooks {
    /// How many records of each sort were taken in.
    public struct BriefImport: Hashable, Sendable, JSONEncodable {
        public var records: [(sort: String, count: Int)] = []

        public static func == (one: Self, other: Self) -> Bool { JSON.text(one) == JSON.text(other) }
        public func hash(into hasher: inout Hasher) { hasher.combine(JSON.text(self)) }

        public func encode(to json: inout JSONWriter) {
            json.object { json in for (sort, count) in records { json.member(sort, count) } }
        }
    }

    /// What is wrong with a record, by its place: "tasks[3].starts_at".
    public struct BriefRecordFault: Error, Hashable, Sendable, CustomStringConvertible {
        public var place: String
        public var message: String
        public var description: String { "\(place): \(message)" }
    }

    /// Takes all records in, in one transaction.
    ///
    /// - Parameter zones: what a preference's time zone has to be one of. One of these that cannot be read now is taken.
    /// - Throws: ``BriefRecordFault`` for the first record that does not fit; then nothing is taken in. `StoreError`.
    public func importBriefRecords(
        _ document: JSONValue, zones: ZoneDatabase = .system
    ) async throws -> BriefImport {
        guard let members = document.members else {
            throw BriefRecordFault(place: "", message: "the document is no object")
        }
        for member in members where !BriefSort.all.contains(where: { $0.name == member.name }) {
            let known = BriefSort.all.map(\.name).joined(separator: ", ")
            throw BriefRecordFault(place: member.name, message: "is none of \(known)")
        }
        for (index, record) in (document["preferences"]?.elements ?? []).enumerated() {
            guard let name = record["timezone"]?.stringValue else { continue }
            do {
                _ = try zones.zone(named: name)
            } catch .unknown(let name, let hint) {
                throw BriefRecordFault(
                    place: "preferences[\(index)].timezone", message: "\(ZoneError.unknown(name: name, hint: hint))")
            } catch {
                // It is there: whoever's brief is due is told until it can be read.
                continue
            }
        }
        return try await database.write { db in
            var report = BriefImport()
            for sort in BriefSort.all {
                guard let records = document[sort.name]?.elements else { continue }
                for (index, record) in records.enumerated() {
                    let place = "\(sort.name)[\(index)]"
                    do {
                        try sort.put(db, record, at: place)
                    } catch let error as StoreError {
                        guard case .constraint(let constraint) = error.kind else { throw error }
                        throw try sort.misfit(db, record, constraint, at: place)
                            ?? BriefRecordFault(place: place, message: "does not fit: \(error.message)")
                    }
                }
                report.records.append((sort.name, records.count))
            }
            return report
        }
    }

    /// The whole document, records by their keys.
    public func exportBriefRecords() async throws -> JSONValue {
        try await database.read { db in
            .object(try BriefSort.all.map { JSONMember($0.name, .array(try $0.all(db))) })
        }
    }
}

/// A sort of records that briefs are made of.
private struct BriefSort: Sendable {
    enum Kind { case text, optional, time, flag, number, day }

    var name: String
    var table: String
    /// The first so many columns are the key.
    var keys: Int
    var columns: [(name: String, column: String, kind: Kind)]

    static let all = [
        BriefSort(
            name: "users", table: "person", keys: 1,
            columns: [("id", "id", .text), ("email", "email", .optional), ("last_visit", "last_visit", .time)]),
        BriefSort(
            name: "preferences", table: "brief_preference", keys: 1,
            columns: [
                ("user_id", "person", .text), ("is_active", "is_active", .flag), ("frequency", "frequency", .optional),
                ("time_of_day", "time_of_day", .optional), ("timezone", "zone", .optional),
                ("day_of_week", "day_of_week", .number), ("email_daily_brief", "wants_mail", .flag),
            ]),
        BriefSort(
            name: "projects", table: "own_project", keys: 1,
            columns: [
                ("id", "id", .text), ("user_id", "person", .text), ("name", "name", .text), ("status", "status", .text),
                ("order", "position", .number),
            ]),
        BriefSort(
            name: "tasks", table: "own_task", keys: 1,
            columns: [
                ("id", "id", .text), ("project_id", "project", .text), ("title", "title", .text),
                ("status", "status", .text), ("priority", "priority", .optional), ("start_date", "starts_at", .time),
                ("outdated", "outdated", .flag), ("completed_at", "completed_at", .time),
                ("updated_at", "updated_at", .time),
            ]),
        BriefSort(
            name: "notes", table: "own_note", keys: 1,
            columns: [
                ("id", "id", .text), ("project_id", "project", .text), ("title", "title", .text),
                ("content", "text", .optional), ("updated_at", "updated_at", .time),
            ]),
        BriefSort(
            name: "phases", table: "own_phase", keys: 1,
            columns: [
                ("id", "id", .text), ("project_id", "project", .text), ("name", "name", .text),
                ("start_date", "starts_on", .day), ("end_date", "ends_on", .day), ("order", "position", .number),
            ]),
        BriefSort(
            name: "phase_tasks", table: "own_phase_task", keys: 2,
            columns: [("phase_id", "phase", .text), ("task_id", "task", .text)]),
        BriefSort(
            name: "calendar_events", table: "own_event", keys: 1,
            columns: [
                ("id", "id", .text), ("task_id", "task", .text), ("title", "title", .optional),
                ("start_time", "starts_at", .time), ("end_time", "ends_at", .time),
            ]),
    ]

    func put(_ db: Connection, _ record: JSONValue, at place: String) throws {
        guard let members = record.members else {
            throw SQLiteBooks.BriefRecordFault(place: place, message: "is no object")
        }
        for member in members where !columns.contains(where: { $0.name == member.name }) {
            let hint = NearMiss.hint(member.name, among: columns.map(\.name))
            throw SQLiteBooks.BriefRecordFault(place: "\(place).\(member.name)", message: "is not known\(hint)")
        }
        var names: [String] = []
        var values: [SQLValue] = []
        for (index, column) in columns.enumerated() {
            guard let given = record[column.name], !given.isNull else {
                if index < keys {
                    throw SQLiteBooks.BriefRecordFault(place: "\(place).\(column.name)", message: "is missing")
                }
                continue
            }
            names.append(column.column)
            values.append(try Self.value(given, column.kind, at: "\(place).\(column.name)"))
        }
        // Not an insert that turns into an update: what the document leaves out may be what no new record lacks.
        let match = names.prefix(keys).map { "\($0) = ?" }.joined(separator: " AND ")
        let isThere = try db.first("SELECT 1 FROM \(table) WHERE \(match)", Array(values.prefix(keys))) { _ in true }
        if isThere == nil {
            let marks = names.map { _ in "?" }.joined(separator: ", ")
            try db.run("INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(marks))", values)
        } else if names.count > keys {
            let rest = names.dropFirst(keys).map { "\($0) = ?" }.joined(separator: ", ")
            try db.run(
                "UPDATE \(table) SET \(rest) WHERE \(match)", Array(values.dropFirst(keys) + values.prefix(keys)))
        }
    }

    /// What a record lacks that is refused for it, or refers to in vain; nil for another fault.
    func misfit(
        _ db: Connection, _ record: JSONValue, _ constraint: StoreError.Constraint, at place: String
    ) throws -> SQLiteBooks.BriefRecordFault? {
        func given(_ name: String) -> JSONValue? { record[name].flatMap { $0.isNull ? nil : $0 } }
        switch constraint {
        case .notNull:
            let needed = try db.query(
                "SELECT name FROM pragma_table_info(?) WHERE \"notnull\" = 1 AND dflt_value IS NULL", .text(table)
            ) { $0.text(0) }
            return columns.first { needed.contains($0.column) && given($0.name) == nil }.map {
                .init(place: "\(place).\($0.name)", message: "is missing, which a new record has to have")
            }
        case .foreignKey:
            let links = try db.query(
                "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?)", .text(table)
            ) { (from: $0.text(0), table: $0.text(1), to: $0.text(2)) }
            for link in links {
                guard let column = columns.first(where: { $0.column == link.from }),
                    let key = given(column.name)?.stringValue
                else { continue }
                let isThere = try db.first("SELECT 1 FROM \(link.table) WHERE \(link.to) = ?", .text(key)) { _ in true }
                guard isThere == nil else { continue }
                let others = Self.all.first { $0.table == link.table }?.name ?? link.table
                return .init(place: "\(place).\(column.name)", message: "“\(key)” is none of the \(others)")
            }
            return nil
        case .unique, .check, .trigger, .dataType, .other: return nil
        }
    }

    func all(_ db: Connection) throws -> [JSONValue] {
        let names = columns.map(\.column).joined(separator: ", ")
        let order = columns.prefix(keys).map(\.column).joined(separator: ", ")
        return try db.query("SELECT \(names) FROM \(table) ORDER BY \(order)") { row in
            .object(
                columns.enumerated().compactMap { index, column in
                    guard !row.isNull(index) else { return nil }
                    let value: JSONValue =
                        switch column.kind {
                        case .text, .optional, .day: .string(row.text(index))
                        case .flag: .bool(row.bool(index))
                        case .number: .number(String(row.int(index)))
                        case .time: .string(Timestamp(milliseconds: row.int(index)).description)
                        }
                    return JSONMember(column.name, value)
                })
        }
    }

    private static func value(_ given: JSONValue, _ kind: Kind, at place: String) throws -> SQLValue {
        func fault(_ message: String) -> SQLiteBooks.BriefRecordFault { .init(place: place, message: message) }
        switch kind {
        case .text, .optional:
            guard let text = given.stringValue else { throw fault("is no text") }
            return .text(text)
        case .flag:
            guard let flag = given.boolValue else { throw fault("is neither true nor false") }
            return .int(flag ? 1 : 0)
        case .number:
            guard let number = given.intValue else { throw fault("is no whole number") }
            return .int(Int64(number))
        case .day:
            guard let text = given.stringValue, Day(text) != nil else { throw fault("is no day such as 2026-11-21") }
            return .text(text)
        case .time:
            guard let text = given.stringValue, let time = Timestamp(text) else {
                throw fault("is no time such as 2026-11-21T09:30:00Z")
            }
            return .int(time.milliseconds)
        }
    }
}
