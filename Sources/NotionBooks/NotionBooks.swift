public import BackOffice
public import Linux
public import Notion

/// The books in Notion.
///
/// Reads of a run are queries of whole tables or months, not of single rows. A page that may have been made although no
/// answer came is looked for before it is made again. Notion itself keeps nobody from making a thing twice: syncs of the
/// same month should not overlap; payouts are looked at before and after.
public struct NotionBooks: Sendable {
    let client: NotionClient
    let settings: NotionBooksSettings
    let memory: NotionMemory
    let time: any TimeSource
    let log: RunLog
    /// Who reads contractors in bulk.
    let contractorRows: ContractorRows?

    /// - Parameter log: what was passed over goes there.
    public init(
        _ client: NotionClient, _ settings: NotionBooksSettings, log: RunLog = .silent,
        time: any TimeSource = SystemTime()
    ) {
        self.init(client, settings, NotionMemory(lifetime: settings.remembered, time: time), log, time, nil)
    }

    private init(
        _ client: NotionClient, _ settings: NotionBooksSettings, _ memory: NotionMemory, _ log: RunLog,
        _ time: any TimeSource, _ contractorRows: ContractorRows?
    ) {
        self.contractorRows = contractorRows
        self.client = client
        self.settings = settings
        self.memory = memory
        self.log = log
        self.time = time
    }

    /// The same books and what they remember, for another run: by its client, with its log.
    ///
    /// - Parameter contractorRows: asked for contractors' pages, where several are needed; whom it does not know, and all when
    ///   it throws, are read page by page.
    public func serving(
        _ client: NotionClient, log: RunLog, contractorRows: ContractorRows? = nil
    ) -> NotionBooks {
        NotionBooks(client, settings, memory, log, time, contractorRows)
    }

    /// A table, found and checked once.
    func table(_ collection: NotionCollection) async throws -> NotionTable {
        guard let id = settings.collections[collection] else { throw NotionBooksError.noCollection(collection) }
        return try NotionTable(try await client.source(id), collection, settings)
    }

    /// Checks every table that an id is set for.
    /// - Throws: ``NotionBooksError/schema(_:)`` with all that is wrong with all of them.
    public func check() async throws {
        var faults: [String] = []
        for collection in NotionCollection.allCases where settings.collections[collection] != nil {
            do {
                _ = try await table(collection)
            } catch NotionBooksError.schema(let some) {
                faults += some
            }
        }
        if !faults.isEmpty { throw NotionBooksError.schema(faults) }
    }

    // MARK: - Writing without doubling

    /// Waits between looks for what may have been written.
    static let looks: [Duration] = [.zero, .seconds(2), .seconds(5)]

    /// Makes a page unless it is there, whatever becomes of the answers.
    ///
    /// - Parameters:
    ///   - isNew: whether the caller has just looked and found nothing; else it is looked for first.
    ///   - find: the page, if it is there.
    /// - Returns: the page and whether this call, or one whose answer was lost, made it.
    func ensure(
        in table: NotionTable, _ properties: [String: NotionChange], isNew: Bool,
        find: () async throws -> NotionPage?
    ) async throws -> (page: NotionPage, created: Bool) {
        if !isNew, let page = try await find() { return (page, false) }
        var attempt = 1
        while true {
            do {
                return (try await client.create(in: table.source, properties), true)
            } catch let error as NotionError {
                guard case .unknownOutcome = error else { throw error }
                // What was cut off may still be under way: it is looked for more than once before it is sent again.
                for pause in Self.looks {
                    try await time.sleep(for: pause)
                    if let page = try await find() { return (page, true) }
                }
                attempt += 1
                if attempt > 3 { throw error }
            }
        }
    }

    /// Changes a page until it says so, whatever becomes of the answers.
    ///
    /// - Parameter isDone: whether the page says already what is to be written.
    @discardableResult
    func change(
        _ page: NotionID, _ properties: [String: NotionChange], isDone: (NotionPage) async throws -> Bool
    ) async throws -> NotionPage {
        var attempt = 1
        while true {
            do {
                return try await client.update(page, properties)
            } catch let error as NotionError {
                switch error {
                case .unknownOutcome: break
                case .refused(let refusal) where refusal.isConflict: break
                default: throw error
                }
                let now = try await client.page(page)
                if try await isDone(now) { return now }
                attempt += 1
                if attempt > 3 { throw error }
            }
        }
    }
}

extension BookID {
    init(_ id: NotionID) { self.init(id.description) }

    /// - Throws: ``NotionBooksError/notNotions(_:)``.
    func notion() throws(NotionBooksError) -> NotionID {
        guard let id = NotionID(text) else { throw .notNotions(text) }
        return id
    }
}

extension [(String, NotionChange)] {
    /// As a request wants them.
    var properties: [String: NotionChange] { Dictionary(self, uniquingKeysWith: { $1 }) }
}
