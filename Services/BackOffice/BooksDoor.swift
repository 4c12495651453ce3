import BackOffice
import Linux

/// The way to the books, opened by the first job that needs them: a worker whose books are out of order still answers,
/// and its jobs say what is wrong.
final class BooksDoor: Sendable {
    let settings: BackOfficeSettings
    let time: any TimeSource
    private let opened = Locked<SQLiteBooks?>(nil)
    /// Counts the requests of a rehearsal.
    let meter: CallMeter

    init(settings: BackOfficeSettings, time: any TimeSource = SystemTime()) {
        self.settings = settings
        self.time = time
        meter = CallMeter(delay: settings.rehearsalDelay, time: time)
    }

    var isRehearsal: Bool { settings.rehearsalDelay > .zero }

    /// - Throws: `StoreError`; the next call tries again.
    func books() throws -> any Books {
        let books = try sqlite()
        return isRehearsal ? MeteredBooks(books, meter: meter) : books
    }

    /// - Throws: as ``books()``.
    func payoutBooks() throws -> any PayoutBooks {
        let books = try sqlite()
        guard isRehearsal else { return books }
        return MeteredPayoutBooks(books, meter: meter) { try await books.countOfLines(of: $0) }
    }

    private func sqlite() throws -> SQLiteBooks {
        try opened.withLock { opened throws -> SQLiteBooks in
            if let books = opened { return books }
            let books = try SQLiteBooks(path: settings.booksPath)
            opened = books
            return books
        }
    }

    var summarizer: any Summarizer { isRehearsal ? MeteredSummarizer(meter: meter) : OriginalTexts() }
}
