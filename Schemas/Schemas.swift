/// The contract in files, carried inside the executables: what `rpc.discover` answers and how each database is made.
public enum Schemas {
    /// The runner's OpenRPC document.
    public static let runner = PackageResources.runner_openrpc_json

    /// The statements that make `runner.sqlite`, by version.
    public static let runnerMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "jobs", String(decoding: PackageResources.runner_001_jobs_sql, as: UTF8.self)),
        (2, "depth", String(decoding: PackageResources.runner_002_depth_sql, as: UTF8.self)),
    ]

    /// The statements that make `books.sqlite`, by version.
    public static let booksMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "books", String(decoding: PackageResources.books_001_books_sql, as: UTF8.self))
    ]
}
