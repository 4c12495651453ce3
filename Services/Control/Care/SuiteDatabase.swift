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
    /// Whether its service keeps it for itself; the books are everybody's.
    var isOwned = true

    static let all = [
        SuiteDatabase(name: "runner", schema: Schemas.runnerMigrations.count),
        SuiteDatabase(name: "categorizer", schema: Schemas.categorizerMigrations.count),
        SuiteDatabase(name: "scheduler", schema: Schemas.schedulerMigrations.count),
        SuiteDatabase(name: "metrics", schema: Schemas.metricsMigrations.count),
        SuiteDatabase(name: books, schema: Schemas.booksMigrations.count, isOwned: false),
    ]

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

    /// What is wrong with the version of a file, in words.
    func complaint(version: Int) -> String? {
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
