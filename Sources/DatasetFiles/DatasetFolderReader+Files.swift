import Declarations
import Linux
import MillraceStore

extension DatasetFolderReader {
    func readSQLite(_ fields: DeclaredFields) -> SQLiteSourceDefinition? {
        let file = readPath(fields, "file", "say which SQLite file holds the rows")
        let purpose =
            "write a statement that takes the list of keys, such as "
            + "SELECT id, name FROM person WHERE id IN (SELECT value FROM json_each(?1))"
        let query = fields.require("query", purpose)
        let sql = query?.text("one SQL statement") { !$0.isEmpty && $0.utf8.count <= 65_536 }
        let key = fields.require("key", "name the column that holds the key")
        let column = key?.text("the name of a column") { !$0.isEmpty }
        let json = fields["json"]?.items(1...100)?.map { $0.text("the name of a column") { !$0.isEmpty } }
        guard let file, let query, let sql, let key, let column, json?.contains(nil) != true else { return nil }
        let source = SQLiteSourceDefinition(file: file, query: sql, key: column, json: json?.compactMap(\.self) ?? [])
        return check(source, query, key, fields["json"]) ? source : nil
    }

    /// Whether the statement fits the database; unknown is no fault as long as there is none.
    private func check(
        _ source: SQLiteSourceDefinition, _ query: Declared, _ key: Declared, _ json: Declared?
    ) -> Bool {
        guard Files.exists(source.file) else {
            query.warn("\(source.file) is not there yet, so the statement was not checked")
            return true
        }
        let shape: StatementShape
        do {
            shape = try ReadOnlyDatabase.shape(of: source.query, in: source.file)
        } catch {
            query.refuse("does not fit \(source.file): \(error.message)")
            return false
        }
        let errors = problems.errors
        if !shape.isReading { query.refuse("changes the database; only statements that read may stand here") }
        let lists = shape.parameters.filter { $0 != ":uid" }
        if lists.count != 1 {
            query.refuse(
                "has \(lists.count) parameters besides :uid; it takes one, ?1 or beside :uid :keys, which is the "
                    + "list of keys as JSON")
        }
        if shape.columns.count(where: { $0 == source.key }) != 1 {
            let columns = shape.columns.joined(separator: ", ")
            key.refuse(
                "the statement gives no one column \(source.key)\(NearMiss.hint(source.key, among: shape.columns)); "
                    + "it gives \(columns)")
        }
        for column in source.json where !shape.columns.contains(column) {
            json?.refuse("the statement gives no column \(column)\(NearMiss.hint(column, among: shape.columns))")
        }
        if Set(shape.columns).count != shape.columns.count {
            query.refuse("gives two columns of one name; name each of them by AS")
        }
        return errors == problems.errors
    }

    func readFile(_ fields: DeclaredFields) -> FileSourceDefinition? {
        let path = readPath(fields, "path", "say which file holds the rows")
        let isCSV = path?.lowercased().hasSuffix(".csv") ?? false
        let format = fields["format"].map { $0.choice(FileSourceDefinition.Format.self) } ?? (isCSV ? .csv : .json)
        let key = fields["key"]
        let column = key?.text("the name of a column or member") { !$0.isEmpty }
        if let format, format == .csv, key == nil, path != nil {
            _ = fields.require("key", "name the column that holds the key")
        }
        guard let path, let format, (key == nil) == (column == nil), format == .json || column != nil else {
            return nil
        }
        return FileSourceDefinition(path: path, format: format, key: column)
    }
}
