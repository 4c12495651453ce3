import BackOffice
import Chat
import ChatSummaries
import Linux
import Mail
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
    /// Counts the calls that are none of the web's.
    private let outside: WebMeters?

    private struct Opened: Sendable {
        var sqlite: SQLiteBooks?
        var notion: (client: NotionClient, books: NotionBooks, bucket: BucketGate?)?
    }

    init(
        settings: BackOfficeSettings, web: WebDoor = WebDoor(), secrets: Secrets? = nil,
        time: any TimeSource = SystemTime(), meters: StoreMeters? = nil, outside: WebMeters? = nil
    ) {
        self.outside = outside
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

    /// The same books where payouts are made. In SQLite there have to be some: where nothing is, nothing is paid.
    /// - Throws: as ``books(for:)``.
    func payoutBooks(for run: JobRun) throws -> any PayoutBooks {
        if settings.configuration.system == .notion { return try notion(for: run) }
        let books = try sqlite(creates: false)
        guard isRehearsal else { return books }
        return MeteredPayoutBooks(books, meter: meter) { try await books.countOfLines(of: $0) }
    }

    /// The books in SQLite, where briefs are kept wherever the other books are.
    /// - Throws: as ``books(for:)``.
    func localBooks() throws -> SQLiteBooks {
        try sqlite()
    }

    /// Who sums up for a job.
    func summarizer(for run: JobRun) throws -> any Summarizer {
        if isRehearsal { return MeteredSummarizer(meter: meter) }
        guard try usesChat() else { return OriginalTexts() }
        return ChatSummarizer(try chat().passing(PermitGate(run: run, resource: "chat")))
    }

    /// Who says what a brief amounts to.
    func analyst(for run: JobRun) throws -> any BriefAnalyst {
        guard try usesChat() else { return RuleAnalyst() }
        return ChatAnalyst(try chat().passing(PermitGate(run: run, resource: "chat")))
    }

    /// Does it, counted as a call to an outside system.
    func calling(_ system: String, _ body: () async throws -> Void) async throws {
        if let outside { try await outside.measure(system, body) } else { try await body() }
    }

    /// What briefs are sent with, and who they are from; nil where none are.
    func mail() -> (client: SMTPClient, from: MailAddress, sender: String)? {
        let configuration = settings.configuration
        guard let (mail, from) = configuration.mailSettings(trusting: settings.trustedCertificates) else { return nil }
        let secrets = secrets
        let client = SMTPClient(mail) { String(decoding: try secrets.read(Self.mailPassword), as: UTF8.self) }
        return (client, from, configuration.mailSender)
    }

    /// Who is asked, last, about merchants that nobody knows; nil where there is no key for it.
    func merchantChat(for run: JobRun) throws -> ChatClient? {
        guard try hasChatKey() else { return nil }
        return try chat().passing(PermitGate(run: run, resource: "chat"))
    }

    private func hasChatKey() throws -> Bool {
        do {
            _ = try secrets.read(Self.chatKey)
            return true
        } catch .missing {
            return false
        }
    }

    /// Whether texts are made by the chat service.
    private func usesChat() throws -> Bool {
        switch settings.configuration.summaries {
        case .chat: return true
        case .original: return false
        case .auto: return try hasChatKey()
        }
    }

    static let notionToken = "notion-token"
    /// The dataset of contractors' pages, where the preloader has one.
    static let contractors = "notion-contractors"
    /// How long the preloader may take; then the pages are read one by one.
    static let patience = Duration.seconds(60)
    static let chatKey = "openrouter-api-key"
    static let mailPassword = "smtp-password"

    /// Those under the path at this moment: a job does not take books that were moved away meanwhile. Who has those still keeps
    /// them open, until he sees it for himself.
    private func sqlite(creates: Bool = true) throws -> SQLiteBooks {
        try opened.withLock { opened throws -> SQLiteBooks in
            if let books = opened.sqlite, books.isInPlace { return books }
            opened.sqlite = nil
            let books = try SQLiteBooks(path: settings.booksPath, creates: creates, meters: meters)
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
        let (configuration, secrets) = (settings.configuration, secrets)
        let chat = ChatSettings(url: try WebURL(configuration.chatURL), models: configuration.chatModels)
        return ChatClient(
            chat, web: try web.client(), key: { String(decoding: try secrets.read(Self.chatKey), as: UTF8.self) },
            time: time)
    }
}
