import CSchemas

/// The contract in files, carried inside the executables: what `rpc.discover` answers and how each database is made.
public enum Schemas {
    /// The runner's OpenRPC document.
    public static let runner = bytes(millrace_runner_openrpc)

    /// The preloader's OpenRPC document.
    public static let preloader = bytes(millrace_preloader_openrpc)

    /// The categorizer's OpenRPC document.
    public static let categorizer = bytes(millrace_categorizer_openrpc)

    /// The statements that make `categorizer.sqlite`, by version.
    public static let categorizerMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "categories", text(millrace_categorizer_001_categories)),
        (2, "chat", text(millrace_categorizer_002_chat)),
        (3, "origins", text(millrace_categorizer_003_origins)),
    ]

    /// The scheduler's OpenRPC document.
    public static let scheduler = bytes(millrace_scheduler_openrpc)

    /// The statements that make `runner.sqlite`, by version.
    public static let runnerMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "jobs", text(millrace_runner_001_jobs)),
        (2, "depth", text(millrace_runner_002_depth)),
        (3, "pools", text(millrace_runner_003_pools)),
    ]

    /// The statements that make `scheduler.sqlite`, by version.
    public static let schedulerMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "schedules", text(millrace_scheduler_001_schedules)),
        (2, "changes", text(millrace_scheduler_002_changes)),
    ]

    /// The statements that make `books.sqlite`, by version.
    public static let booksMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "books", text(millrace_books_001_books)),
        (2, "payouts", text(millrace_books_002_payouts)),
        (3, "briefs", text(millrace_books_003_briefs)),
        (4, "brief-mail", text(millrace_books_004_brief_mail)),
        (5, "clinics", text(millrace_books_005_clinics)),
        (6, "readings", text(millrace_books_006_readings)),
    ]

    /// The metrics service's OpenRPC document.
    public static let metrics = bytes(millrace_metrics_openrpc)

    /// The alerts that come with the suite, as a file of `alerts.d`.
    public static let alerts = bytes(millrace_alerts)

    /// The statements that make `metrics.sqlite`, by version.
    public static let metricsMigrations: [(version: Int, name: String, sql: String)] = [
        (1, "history", text(millrace_metrics_001_history)),
        (2, "sources", text(millrace_metrics_002_sources)),
        (3, "told", text(millrace_metrics_003_told)),
    ]

    /// `kinds.d/clinics.yaml` as it is installed: the limits of calendars of clinics.
    public static let clinicKinds = text(millrace_kinds_clinics)

    private static func bytes(_ file: millrace_file) -> [UInt8] {
        Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
    }

    private static func text(_ file: millrace_file) -> String { String(decoding: bytes(file), as: UTF8.self) }
}
