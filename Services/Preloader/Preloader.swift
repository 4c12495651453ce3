import DatasetFiles
import Declarations
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import Preloading
import Schemas

/// Loads keys of datasets for every worker and client of the machine: each key once, many keys with one request, and from
/// memory what is known already.
///
/// The rules are `Preloading`'s; here are the sources, the wire, and who asks.
final class Preloader: Service {
    static let name = "preloader"
    static let summary = "loads what jobs need: each key once, many with one request"
    static let openRPC: [UInt8]? = Schemas.preloader

    let host: HostContext
    let log: Logger
    let time: any TimeSource
    let shelf: DatasetShelf
    let callers: CallerDesk
    let canaryBird: CanaryBird

    init(_ configuration: PreloaderConfiguration, host: HostContext) async throws {
        self.host = host
        log = host.log
        time = host.time
        callers = CallerDesk(time: host.time)
        canaryBird = CanaryBird(time: host.time)
        shelf = DatasetShelf(host: host)
        let catalog = try Self.read(configuration, host)
        try shelf.put(catalog, configuration)
        log.info("datasets declared", metadata: ["count": "\(catalog.datasets.count)"])
    }

    static func judgeDeclarations(
        _ configuration: PreloaderConfiguration, at places: DeclarationPlaces
    ) -> DeclarationVerdict {
        load(configuration, places).verdict
    }

    private static func read(
        _ configuration: PreloaderConfiguration, _ host: HostContext
    ) throws(DeclarationFault) -> DatasetCatalog {
        let (catalog, verdict) = load(configuration, host.declarations)
        try DeclarationFault.tell(verdict, of: .datasets, host.log)
        return catalog
    }

    private static func load(
        _ configuration: PreloaderConfiguration, _ places: DeclarationPlaces
    ) -> (catalog: DatasetCatalog, verdict: DeclarationVerdict) {
        let (folder, mayBeAbsent) = places.folder(.datasets, setting: configuration.datasets)
        let (catalog, problems) = DatasetCatalog.load(
            folder: folder, data: places.stateDirectory, mayBeAbsent: mayBeAbsent)
        var verdict = problems.verdict
        let bytes = catalog.datasets.values.reduce(0) { $0 + $1.rules.cache.bytes * ($1.rules.cache.isOn ? 1 : 0) }
        if bytes > configuration.cacheBytes {
            verdict.mistakes.append(
                """
                the caches of the datasets may come to \(ByteSize.text(bytes)), and CacheBytes allows \
                \(ByteSize.text(configuration.cacheBytes)); make some smaller, or raise it
                """)
        }
        return (catalog, verdict)
    }

    func reload(_ configuration: PreloaderConfiguration) async {
        do {
            let catalog = try Self.read(configuration, host)
            for change in try shelf.put(catalog, configuration) { log.notice("\(change)") }
        } catch {
            log.error("the datasets were not read again, what was in force goes on: \(error)")
        }
    }

    func drain(within time: Duration) async {
        await shelf.drain()
    }

    /// Real work: two who ask for a key at once, through window, source and cache. The watchdog beats only after it.
    func canary() async throws { try await canaryBird.sing() }

    func status() async -> ServiceReport {
        let datasets = shelf.all
        var figures = ["datasets": Double(datasets.count)]
        var (keys, requests, entries, bytes, waiting) = (UInt64(0), UInt64(0), 0, 0, 0)
        for dataset in datasets {
            let (done, load) = (dataset.dataset.figures, dataset.dataset.load)
            keys += done.keysAsked
            requests += done.requests
            entries += load.entries
            bytes += load.bytes
            waiting += load.waiting
        }
        figures["keys_asked"] = Double(keys)
        figures["physical_requests"] = Double(requests)
        figures["cache_entries"] = Double(entries)
        figures["cache_bytes"] = Double(bytes)
        figures["keys_waiting"] = Double(waiting)
        let open = datasets.filter { $0.gate.breakerState.map { $0 != .closed } ?? false }.map(\.definition.name)
        let checks: [ServiceStatus.Check] =
            datasets.isEmpty
            ? [.init("datasets", .warn, reason: "none is declared in \(shelf.folder); nothing can be asked for")]
            : open.isEmpty
                ? [.init("sources", .ok)]
                : [.init("sources", .warn, reason: "left alone after failures: \(open.joined(separator: ", "))")]
        let noun = datasets.count == 1 ? "dataset" : "datasets"
        return ServiceReport(
            "\(datasets.count) \(noun), \(keys) keys asked with \(requests) requests, \(entries) kept", checks: checks,
            figures: figures)
    }
}
