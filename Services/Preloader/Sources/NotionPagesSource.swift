import DatasetFiles
import JSONCodec
import Linux
import MillraceProtocol
import MillraceService
import Notion
import Preloading
import WebClient

/// Pages of a data source of Notion, a hundred at a time, by the client that the books use too.
final class NotionPagesSource: PagedSource {
    private let definition: NotionSourceDefinition
    private let dataset: String
    private let settings: NotionSettings
    private let id: NotionID
    private let web: WebDoor
    private let secrets: Secrets
    private let time: any TimeSource
    private let opened = Locked<NotionClient?>(nil)

    /// A page of it may take several requests, or none behind the last.
    var metersItself: Bool { true }

    /// - Throws: `WebError` for an address that cannot be used.
    init(
        _ definition: NotionSourceDefinition, dataset: String, web: WebDoor, secrets: Secrets, time: any TimeSource
    ) throws {
        self.definition = definition
        self.dataset = dataset
        self.web = web
        self.secrets = secrets
        self.time = time
        settings = NotionSettings(base: try WebURL(definition.url ?? NotionSettings.standardBase))
        guard let id = NotionID(definition.source) else {
            throw SourceError.unreadable(dataset, "\(definition.source) is no id of Notion")
        }
        self.id = id
    }

    func page(after cursor: String?, for keys: [String], _ call: SourceCall) async throws -> SourcePage {
        var walk: NotionPages
        if cursor != nil, let under = call.memory.withLock({ $0 }) as? NotionPages {
            walk = under
        } else {
            walk = try await begin(call)
        }
        guard let pages = try await walk.next() else { return SourcePage(rows: [], next: nil) }
        let next = walk
        call.memory.withLock { $0 = next }
        let number = cursor.flatMap { Int($0) } ?? 0
        return SourcePage(rows: pages.filter { !$0.inTrash }.compactMap(row), next: "\(number + 1)")
    }

    private func begin(_ call: SourceCall) async throws -> NotionPages {
        let client = try client().passing(RequestsOf(call: call))
        let source = try await client.source(id)
        let filter = definition.filter.map { NotionFilter.raw(JSONRaw($0)) }
        return client.pages(NotionQuery(source.id, filter: filter), splitting: true)
    }

    private func client() throws -> NotionClient {
        if let opened = opened.withLock({ $0 }) { return opened }
        let (secrets, name, dataset) = (secrets, definition.token, dataset)
        let client = NotionClient(
            settings, web: try web.client(),
            token: {
                guard let token = String(validating: try secrets.read(name), as: UTF8.self) else {
                    throw SourceError.unreadable(dataset, "the credential \(name) is no text")
                }
                return token
            }, time: time)
        opened.withLock { $0 = client }
        return client
    }

    /// Nil for a page whose key is not set.
    private func row(_ page: NotionPage) -> SourceRow? {
        let key: String?
        if let name = definition.key {
            guard let value = page[name] else { return nil }
            key = value.string ?? value.decimal.map { "\($0)" } ?? value.pages.first.map { "\($0)" }
        } else {
            key = "\(page.id)"
        }
        return key.flatMap { $0.isEmpty ? nil : SourceRow($0, JSONRaw(page)) }
    }
}

/// Each request of the Notion client is one of the load.
private struct RequestsOf: CallGate {
    let call: SourceCall

    func pass<Value: Sendable>(
        within limit: Duration, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await call.request(body)
    }
}
