import BackOffice
import Chat
import Decimals
import Linux
import Mail
import MillraceService
import Notion
import NotionBooks
import WebClient

/// Where the books are and who sums up, as `backoffice.conf` or the environment says; ``keys`` is parser and reference.
struct BackOfficeConfiguration: ServiceConfiguration {
    enum Summaries: String, CaseIterable, Sendable { case auto, chat, original }
    enum Mail: String, CaseIterable, Sendable { case off, smtp }

    var system = BooksSystem.sqlite
    var summaries = Summaries.auto
    var notionURL = NotionSettings.standardBase
    var notionVersion = NotionVersion.standard
    var notionTimeout = Duration.seconds(60)
    var notionRate = 3
    var chatURL = ChatSettings.standardURL
    var chatModels = ChatSettings.standardModels
    var mail = Mail.off
    var mailServer = ""
    var mailPort = 0
    var mailSecurity = SMTPSettings.Security.starttls
    var mailUser = ""
    var mailFrom = ""
    var mailSender = "Millrace"
    var mailHello = ""
    var mailTimeout = Duration.seconds(60)
    /// Of a million tokens at the dearest model.
    var chatInputPrice: ExactDecimal = 1
    var chatOutputPrice: ExactDecimal = 5
    /// By collection and by field, as they are written.
    private var collections: [String: String] = [:]
    private var names: [String: String] = [:]

    subscript(collection name: String) -> String {
        get { collections[name] ?? "" }
        set { collections[name] = newValue }
    }

    subscript(name path: String) -> String {
        get { names[path] ?? NotionField.all.first { $0.path == path }?.defaultName ?? "" }
        set { names[path] = newValue }
    }

    static let keys: [ConfigurationKey<Self>] =
        [
            .init("Books", "Books", \.system, .choice, "Where the company's records are."),
            .init(
                "Books", "Summaries", \.summaries, .choice,
                "Who sums up what was delivered: the chat service, nobody (the original texts stay), or auto: the chat "
                    + "service where its key is there."),
            .init("Notion", "NotionURL", \.notionURL, .webAddress, "Where Notion is, up to /v1."),
            .init("Notion", "NotionVersion", \.notionVersion, .notionVersion, "The version of its interface."),
            .init("Notion", "NotionTimeout", \.notionTimeout, .span(1...300), "For one request."),
            .init(
                "Notion", "NotionRate", \.notionRate, .integer(0...1000),
                "Requests a second of one worker process; 0: as many as the runner's resource notion allows."),
            .init("Chat", "ChatURL", \.chatURL, .webAddress, "Of the chat service's completions."),
            .init("Chat", "ChatModels", \.chatModels, .list, "The models that are asked, in this order."),
            .init("Mail", "Mail", \.mail, .choice, "Whether briefs go out by mail to those who want them so."),
            .init("Mail", "MailServer", \.mailServer, .text, "The server that takes mail: a name or an address."),
            .init(
                "Mail", "MailPort", \.mailPort, .integer(0...65_535),
                "Its port; 0: 587, with MailSecurity=tls 465, with none 25."),
            .init(
                "Mail", "MailSecurity", \.mailSecurity, .choice,
                "TLS by STARTTLS, TLS from the first byte, or none, which is for a server on this machine."),
            .init(
                "Mail", "MailUser", \.mailUser, .text,
                "Who signs in, with the credential smtp-password; nothing where nobody has to."),
            .init("Mail", "MailFrom", \.mailFrom, .mailAddress, "The address that mail comes from."),
            .init("Mail", "MailSender", \.mailSender, .text, "The name that goes with it."),
            .init("Mail", "MailHello", \.mailHello, .text, "What we call ourselves; the machine's full name."),
            .init("Mail", "MailTimeout", \.mailTimeout, .span(1...600), "For the connection and for each reply."),
            .init(
                "Chat", "ChatInputPrice", \.chatInputPrice, .amount(0...10_000),
                "Of a million tokens of questions at the dearest model: what an answer that names no price is counted with."
            ),
            .init(
                "Chat", "ChatOutputPrice", \.chatOutputPrice, .amount(0...10_000),
                "Of a million tokens of answers at the dearest model."),
        ]
        + NotionCollection.allCases.map { collection in
            .init(
                "Collections", collection.settingName, \.[collection: collection.rawValue],
                .notionID, "The database, or data source, of \(collection.rawValue).")
        }
        + NotionField.all.map { field in
            .init(
                "Names",
                "Name\(field.collection.rawValue.withCapital)\(field.key.withCapital)",
                \.[name: field.path], .propertyName, "What \(field.path) is called.")
        }

    /// What the sync of task order logs cannot do without.
    private static let needed: [NotionCollection] = [.entries, .orders, .deployments, .contractors]

    func problems() -> [String] {
        mailProblems()
            + (system == .notion ? notionProblems() : [])
    }

    private func notionProblems() -> [String] {
        Self.needed.filter { self[collection: $0.rawValue].isEmpty }.map { collection in
            "Books=notion needs \(collection.settingName)= in [Collections]: the id of the database of \(collection.rawValue)"
        }
    }

    private func mailProblems() -> [String] {
        guard mail == .smtp else { return [] }
        var problems: [String] = []
        if mailServer.isEmpty { problems.append("Mail=smtp needs MailServer= in [Mail]: the server that takes mail") }
        if mailFrom.isEmpty { problems.append("Mail=smtp needs MailFrom= in [Mail]: the address that mail comes from") }
        guard problems.isEmpty else { return problems }
        return mailSettings(trusting: nil)?.settings.problems ?? []
    }

    /// How mail is sent and where it comes from; nil where none is.
    func mailSettings(trusting certificates: String?) -> (settings: SMTPSettings, from: MailAddress)? {
        guard mail == .smtp, let from = MailAddress(mailFrom) else { return nil }
        var settings = SMTPSettings(
            server: mailServer, port: mailPort == 0 ? nil : mailPort, security: mailSecurity,
            user: mailUser.isEmpty ? nil : mailUser)
        settings.hello = mailHello.isEmpty ? nil : mailHello
        settings.timeout = mailTimeout
        settings.trusted = certificates
        return (settings, from)
    }

    /// - Precondition: there are no ``problems()``.
    func notionBooks() -> NotionBooksSettings {
        var ids: [NotionCollection: NotionID] = [:]
        for collection in NotionCollection.allCases {
            ids[collection] = NotionID(self[collection: collection.rawValue])
        }
        var settings = NotionBooksSettings(collections: ids)
        for field in NotionField.all where self[name: field.path] != field.defaultName {
            settings.names[field] = self[name: field.path]
        }
        return settings
    }
}

extension NotionCollection {
    /// "NotionEntries"
    fileprivate var settingName: String { "Notion" + rawValue.withCapital }
}

extension String {
    fileprivate var withCapital: String { prefix(1).uppercased() + dropFirst() }
}

extension ConfigurationKind where Value == String {
    fileprivate static var webAddress: Self {
        Self(
            "URL", "an address that begins with http:// or https://",
            // What is wrong with it is said by the expectation.
            parse: { text in (try? WebURL(text)) == nil ? nil : text }, show: { $0 })
    }

    fileprivate static var notionID: Self {
        Self(
            "ID", "an id of Notion, 32 hexadecimal digits with or without hyphens, or nothing",
            parse: { text in text.isEmpty || NotionID(text) != nil ? text : nil }, show: { $0 })
    }

    fileprivate static var mailAddress: Self {
        Self(
            "ADDRESS", "an address such as briefs@example.com, or nothing",
            parse: { $0.isEmpty || MailAddress($0) != nil ? $0 : nil }, show: { $0 })
    }

    fileprivate static var propertyName: Self {
        Self("NAME", "the name of a property", parse: { $0.isEmpty ? nil : $0 }, show: { $0 })
    }
}

extension ConfigurationKind where Value == NotionVersion {
    fileprivate static var notionVersion: Self {
        Self("DATE", "a day such as 2025-09-03", parse: { NotionVersion($0) }, show: \.description)
    }
}
