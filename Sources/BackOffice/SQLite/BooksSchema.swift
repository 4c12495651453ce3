import MillraceStore
import Schemas

/// The schema of `books.sqlite`, as the migrations that led to it. A released one is never edited.
enum BooksSchema {
    static let migrations = Schemas.booksMigrations.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
}
