import Linux
import MillraceStore

/// The books in a SQLite file. Several processes may have it open.
public final class SQLiteBooks: Sendable {
    let database: Database

    /// Where the file is by default: `MILLRACE_BOOKS`, else `data/books.sqlite` in `MILLRACE_STATE`, else
    /// `books.sqlite` in `STATE_DIRECTORY`, else `/var/lib/millrace/books.sqlite`.
    public static func defaultPath(_ variable: (String) -> String? = { Environment[$0] }) -> String {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let path = value("MILLRACE_BOOKS") { return path }
        if let state = value("MILLRACE_STATE") { return state + "/data/books.sqlite" }
        // systemd lists several directories with colons between them.
        if let state = value("STATE_DIRECTORY")?.split(separator: ":").first { return state + "/books.sqlite" }
        return "/var/lib/millrace/books.sqlite"
    }

    /// Opens the books, making the file, and its folder, if there is none.
    /// - Parameters:
    ///   - counter: hears of every statement that is run on them.
    ///   - meters: what counts commits and reads; nil for nothing.
    /// - Throws: `StoreError`; `SystemError` when the folder cannot be made.
    public init(path: String, counting counter: StatementCounter? = nil, meters: StoreMeters? = nil) throws {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try Files.makeDirectory(String(path[..<slash]), mode: 0o750)
        }
        var options = DatabaseOptions()
        options.meters = meters
        if let counter { options.onStatement = { counter.count($0) } }
        database = try Database.open(path, migrations: BooksSchema.migrations, exclusive: false, options: options)
    }

    /// Ends what is under way and closes the file.
    public func close() { database.close() }
}
