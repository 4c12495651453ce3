import DatasetFiles
import Linux
import MillraceProtocol
import MillraceService
import Preloading
import WebClient

/// Makes the sources that are declared.
final class SourceMaker: Sendable {
    private let host: HostContext
    private let secrets: Secrets
    private let meters: WebMeters
    private let web: Locked<WebDoor>

    init(host: HostContext) {
        self.host = host
        secrets = Secrets(state: host.state)
        meters = WebMeters(host.registry, time: host.time)
        web = Locked(WebDoor(meters: meters))
    }

    /// Takes the settings over; sources that are made from now on keep to them.
    func prepare(_ configuration: PreloaderConfiguration) throws {
        var settings = WebClientSettings()
        settings.trusted = configuration.trusted.isEmpty ? nil : configuration.trusted
        let new = WebDoor(settings, meters: meters)
        web.withLock { if $0.settings != settings { $0 = new } }
    }

    func source(of definition: DatasetDefinition) throws -> DatasetSource {
        switch definition.source {
        case .sqlite(let sqlite): .keyed(try SQLiteSource(sqlite, dataset: definition.name))
        case .file(let file): .keyed(FileSource(file, dataset: definition.name))
        case .http(let http):
            HTTPSource(
                http, dataset: definition.name, timeout: definition.rules.timeout, web: web.withLock { $0 },
                secrets: secrets, time: host.time
            ).source
        case .notion(let notion):
            .paged(
                try NotionPagesSource(
                    notion, dataset: definition.name, web: web.withLock { $0 }, secrets: secrets, time: host.time))
        }
    }

    func close() async {
        await web.withLock { $0 }.close()
    }
}

/// What is wrong with a source, or with what it gave.
struct SourceError: RPCErrorConvertible, Hashable {
    var rpcError: RPCError

    /// It gave something that is not what was agreed.
    static func unreadable(_ dataset: String, _ what: String) -> SourceError {
        SourceError(
            rpcError: RPCError(
                .failedPrecondition, "the source of \(dataset) is faulty: \(what)", reason: LoadFailure.Reason.faulty))
    }

    /// It is not there at the moment.
    static func unavailable(_ dataset: String, _ what: String) -> SourceError {
        SourceError(
            rpcError: RPCError(
                .unavailable, "the source of \(dataset) cannot be read: \(what)", reason: LoadFailure.Reason.failed))
    }
}
