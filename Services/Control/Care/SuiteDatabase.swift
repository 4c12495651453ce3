import BackOffice
import Glibc
import Linux
import MillraceStore
import Schemas

/// A database of the suite. One row here makes it known to `backup`, `restore`, `check`, `vacuum` and `doctor`.
struct SuiteDatabase: Sendable {
    /// `runner` for `runner.sqlite`.
    var name: String
    /// The version that this release makes of it.
    var schema: Int
    /// What tells it from others: ``Migration/identity(of:)``.
    var identity: Int
    /// Whether its service keeps it for itself; the books are everybody's.
    var isOwned = true

    static let all = [
        SuiteDatabase("runner", Schemas.runnerMigrations),
        SuiteDatabase("categorizer", Schemas.categorizerMigrations),
        SuiteDatabase("scheduler", Schemas.schedulerMigrations),
        SuiteDatabase("metrics", Schemas.metricsMigrations),
        SuiteDatabase(books, Schemas.booksMigrations, isOwned: false),
    ]

    /// One that this release does not know has no history.
    init(_ name: String, _ history: [(version: Int, name: String, sql: String)] = [], isOwned: Bool = true) {
        self.name = name
        self.isOwned = isOwned
        schema = history.count
        identity = Migration.identity(of: history.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) })
    }

    private static let books = "books"

    var fileName: String { "\(name).sqlite" }

    /// Where it is, also if it has not been made yet.
    func file(at place: Place) -> DatabaseFile {
        DatabaseFile(name == Self.books ? BooksPlace(place).path : "\(place.dataFolder)/\(fileName)")
    }

    /// Those that are there.
    static func present(at place: Place) -> [(database: SuiteDatabase, file: DatabaseFile)] {
        all.map { ($0, $0.file(at: place)) }.filter { Files.exists($0.1.path) }
    }

    /// Those that were there and are not any more.
    static func lost(at place: Place) -> [(database: SuiteDatabase, file: DatabaseFile)] {
        all.map { ($0, $0.file(at: place)) }.filter { $0.1.wasHere }
    }

    /// What is wrong with one that is lost.
    static func lossText(of file: DatabaseFile) -> String { "\(file.path) is not there, but it was" }

    /// The folders in which they are, the services' first.
    static func folders(at place: Place) -> [String] { all.map { Files.parent($0.file(at: place).path) } }

    /// What keeps a file from being this database of this release, in words.
    func complaint(of file: DatabaseFile) throws(StoreError) -> String? {
        let found = try file.identity()
        if found != 0, identity != 0, found != identity {
            return
                "is \(Self.all.first { $0.identity == found }.map { "the database of \($0.name)" } ?? "another database")"
        }
        let version = try file.version()
        if version > schema {
            return "is of a newer release: schema \(version), this one knows \(schema)"
        }
        return version == 0 ? "is empty: its service has never made it" : nil
    }
}

extension Place {
    /// What stops the suite here.
    var stopCommand: String {
        switch self {
        case .state(let state): "millctl down --state \(ShellWord.quoted(state.path))"
        case .system: "systemctl stop millrace.target"
        }
    }
}
