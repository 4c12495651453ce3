import DatasetFiles
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import Preloading

/// Rows of an SQLite file, by one statement that takes the list of keys as JSON.
struct SQLiteSource: KeyedSource {
    private let definition: SQLiteSourceDefinition
    private let dataset: String
    private let database: ReadOnlyDatabase

    init(_ definition: SQLiteSourceDefinition, dataset: String) throws {
        self.definition = definition
        self.dataset = dataset
        database = try ReadOnlyDatabase(definition.file)
    }

    func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
        let list = JSON.text(keys)
        let uid: SQLValue = if case .user(let uid) = call.scope { .int(Int64(uid)) } else { .null }
        do {
            return try await database.read { [self] db in .rows(try rows(db, list, uid)) }
        } catch let error as StoreError {
            throw switch error.kind {
            case .misuse, .corrupt: SourceError.unreadable(dataset, error.message)
            default: SourceError.unavailable(dataset, error.message)
            }
        }
    }

    private func rows(_ db: Connection, _ list: String, _ uid: SQLValue) throws -> [SourceRow] {
        // The file may have another shape than when the declaration was read.
        let shape = try db.shape(of: definition.query)
        guard shape.isReading else { throw SourceError.unreadable(dataset, "its statement changes the database") }
        guard let key = shape.columns.firstIndex(of: definition.key) else {
            throw SourceError.unreadable(dataset, "its statement gives no column \(definition.key)")
        }
        let json = shape.columns.map { definition.json.contains($0) }
        let values = shape.parameters.map { $0 == ":uid" ? uid : SQLValue.text(list) }
        return try db.query(definition.query, values) { row in
            SourceRow(Self.key(row.value(key)), try value(row, shape.columns, json))
        }
    }

    /// The row as an object with a member for each column.
    private func value(_ row: Row, _ columns: [String], _ json: [Bool]) throws -> JSONRaw {
        var writer = JSONWriter(reserving: 32 * columns.count)
        var failure: SourceError?
        writer.object { writer in
            for (index, column) in columns.enumerated() {
                writer.name(column)
                switch row.value(index) {
                case .null: writer.null()
                case .int(let value): writer.integer(value)
                case .real(let value): writer.double(value)
                case .blob(let bytes): writer.string(Base64.text(bytes))
                case .text(let text) where json[index]:
                    if let value = try? JSONRaw(validating: Array(text.utf8)) {
                        writer.raw(value)
                    } else {
                        writer.null()
                        failure = .unreadable(dataset, "the column \(column) holds text that is no JSON")
                    }
                case .text(let text): writer.string(text)
                }
            }
        }
        if let failure { throw failure }
        return JSONRaw(unchecked: writer.bytes)
    }

    private static func key(_ value: SQLValue) -> String {
        switch value {
        case .text(let text): text
        case .int(let number): String(number)
        case .real(let number): Int64(exactly: number).map { String($0) } ?? String(number)
        case .blob(let bytes): Base64.text(bytes)
        case .null: ""
        }
    }
}
