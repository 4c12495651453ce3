import Linux
import MillraceStore

/// The books in a SQLite file. Several processes may have it open.
public final class SQLiteBooks: Sendable {
    let database: Database

    /// Where the file is by default: `MILLRACE_BOOKS`, else `data/books.sqlite` in `MILLRACE_STATE`, else
    /// `books.sqlite` in `STATE_DIRECTORY`, else `/var/lib/millrace/books.sqlite`.
    public static func defaultPath(_ variable: (String) -> String? = { Environment[$0] }) -> String {
        func value(_ name: String) -> String? { Environment.text(name, variable) }
        if let path = value("MILLRACE_BOOKS") { return path }
        if let state = value("MILLRACE_STATE") { return state + "/data/books.sqlite" }
        // systemd lists several directories with colons between them.
        if let state = value("STATE_DIRECTORY")?.split(separator: ":").first { return state + "/books.sqlite" }
        return "/var/lib/millrace/books.sqlite"
    }

    /// Opens the books.
    /// - Parameters:
    ///   - creates: whether the file, and its folder, are made if there are none. Never where there were books before: what
    ///     was paid stood in them.
    ///   - counter: hears of every statement that is run on them.
    ///   - meters: what counts commits and reads; nil for nothing.
    /// - Throws: `StoreError`: `missing` where there are none and none are to be made, `cannotOpen` also where there were some;
    ///   `SystemError` when the folder cannot be made.
    public init(
        path: String, creates: Bool = false, counting counter: StatementCounter? = nil, meters: StoreMeters? = nil
    ) throws {
        if creates, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try Files.makeDirectory(String(path[..<slash]), mode: 0o750)
        }
        var options = DatabaseOptions()
        options.meters = meters
        if let counter { options.onStatement = { counter.count($0) } }
        do throws(StoreError) {
            database = try Database.open(
                path, migrations: BooksSchema.migrations, isNoted: true, creates: creates, options: options)
        } catch {
            guard error.kind == .missing else { throw error }
            throw StoreError(
                .missing, "there are no books at \(path) yet: an import makes them, `millctl books import` for one")
        }
    }

    /// Whether the file is still the one that is found under its name; see `Database.isInPlace`.
    public var isInPlace: Bool { database.isInPlace }

    /// Ends what is under way and closes the file.
    public func close() { database.close() }
}
