import BackOffice
import Chat
import ChatSummaries
import Linux
import MillraceProtocol
import MillraceService
import MillraceStore
import MillraceWorker
import Notion
import NotionBooks
import WebClient

/// The way to the books, opened by the first job that needs them: a worker whose books are out of order still answers,
/// and its jobs say what is wrong. Its settings are in order, or it had not started.
final class BooksDoor: Sendable {
    let settings: BackOfficeSettings
    let time: any TimeSource
    private let web: WebDoor
    private let secrets: Secrets
    private let opened = Locked(Opened())
    /// Counts the requests of a rehearsal.
    let meter: CallMeter

    private let meters: StoreMeters?

    private struct Opened: Sendable {
        var sqlite: SQLiteBooks?
        var notion: (client: NotionClient, books: NotionBooks, bucket: BucketGate?)?
        var chat: ChatClient?
    }

    init(
        settings: BackOfficeSettings, web: WebDoor = WebDoor(), secrets: Secrets? = nil,
        time: any TimeSource = SystemTime(), meters: StoreMeters? = nil
    ) {
        self.meters = meters
        self.settings = settings
        self.web = web
        self.secrets = secrets ?? Secrets(state: settings.state)
        self.time = time
        meter = CallMeter(delay: settings.rehearsalDelay, time: time)
    }

    var isRehearsal: Bool { settings.rehearsalDelay > .zero }

    /// The books as a job sees them: what they ask outside passes the job's permits, what they pass over is in its log.
    ///
    /// - Throws: `StoreError`; `WebError`. The next call tries again.
    func books(for run: JobRun) throws -> any Books {
        if settings.configuration.system == .notion { return try notion(for: run) }
        let books = try sqlite()
        return isRehearsal ? MeteredBooks(books, meter: meter) : books
    }

    /// The same books where payouts are made.
    /// - Throws: as ``books(for:)``.
    func payoutBooks(for run: JobRun) throws -> any PayoutBooks {
        if settings.configuration.system == .notion { return try notion(for: run) }
        let books = try sqlite()
        guard isRehearsal else { return books }
        return MeteredPayoutBooks(books, meter: meter) { try await books.countOfLines(of: $0) }
    }

    /// Who sums up for a job.
    func summarizer(for run: JobRun) throws -> any Summarizer {
        if isRehearsal { return MeteredSummarizer(meter: meter) }
        guard try usesChat() else { return OriginalTexts() }
        return ChatSummarizer(try chat().passing(PermitGate(run: run, resource: "chat")))
    }

    /// The books where briefs are: always the embedded ones.
    func briefBooks() throws -> SQLiteBooks { try sqlite() }

    /// Who says what a brief amounts to.
    func analyst(for run: JobRun) throws -> any BriefAnalyst {
        guard try usesChat() else { return RuleAnalyst() }
        return ChatAnalyst(try chat().passing(PermitGate(run: run, resource: "chat")))
    }

    /// Whether texts are made by the chat service.
    private func usesChat() throws -> Bool {
        switch settings.configuration.summaries {
        case .chat: return true
        case .original: return false
        case .auto:
            do {
                _ = try secrets.read(Self.chatKey)
                return true
            } catch .missing {
                return false
            }
        }
    }

    static let notionToken = "notion-token"
    /// The dataset of contractors' pages, where the preloader has one.
    static let contractors = "notion-contractors"
    /// How long the preloader may take; then the pages are read one by one.
    static let patience = Duration.seconds(60)
    static let chatKey = "openrouter-api-key"

    private func sqlite() throws -> SQLiteBooks {
        try opened.withLock { opened throws -> SQLiteBooks in
            if let books = opened.sqlite { return books }
            let books = try SQLiteBooks(path: settings.booksPath, meters: meters)
            opened.sqlite = books
            return books
        }
    }

    /// One for the process, since it keeps what it knows of tables and contractors.
    private func notion(for run: JobRun) throws -> NotionBooks {
        let configuration = settings.configuration
        let web = try web.client()
        let (client, books, bucket) = try opened.withLock { opened throws in
            if let notion = opened.notion { return notion }
            var settings = NotionSettings(
                base: try WebURL(configuration.notionURL), version: configuration.notionVersion)
            settings.timeout = configuration.notionTimeout
            let secrets = secrets
            let client = NotionClient(
                settings, web: web,
                token: { String(decoding: try secrets.read(Self.notionToken), as: UTF8.self) }, time: time)
            let rate = configuration.notionRate
            let bucket = rate > 0 ? BucketGate(rate: Double(rate), burst: rate, time: time) : nil
            let made = (client, NotionBooks(client, configuration.notionBooks(), time: time), bucket)
            opened.notion = made
            return made
        }
        let gate = PermitGate(run: run, resource: "notion", own: bucket)
        return books.serving(client.passing(gate), log: run.lines) { ids in
            let rows = try await run.preload(Self.contractors, ids, timeout: Self.patience)
            return Dictionary(rows.values.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private func chat() throws -> ChatClient {
        let configuration = settings.configuration
        let web = try web.client()
        return try opened.withLock { opened throws -> ChatClient in
            if let chat = opened.chat { return chat }
            let secrets = secrets
            let chat = ChatClient(
                ChatSettings(url: try WebURL(configuration.chatURL), models: configuration.chatModels), web: web,
                key: { String(decoding: try secrets.read(Self.chatKey), as: UTF8.self) }, time: time)
            opened.chat = chat
            return chat
        }
    }
}
