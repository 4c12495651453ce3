import DatasetFiles
import Linux
import Logging
import MillraceProtocol
import MillraceService
import Preloading

/// The datasets in force, by name.
final class DatasetShelf: Sendable {
    final class Entry: Sendable {
        let definition: DatasetDefinition
        let dataset: Dataset
        let gate: RequestGate

        init(definition: DatasetDefinition, dataset: Dataset, gate: RequestGate) {
            self.definition = definition
            self.dataset = dataset
            self.gate = gate
        }
    }

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        var folder = ""
        /// Taken off the shelf, and perhaps still at work.
        var retired: [Dataset] = []
    }

    private let host: HostContext
    private let state = Locked(State())
    private let maker: SourceMaker
    private let permits: PermitOffice

    init(host: HostContext) {
        self.host = host
        maker = SourceMaker(host: host)
        permits = PermitOffice(runner: host.runtimeDirectory + "/runner.sock", log: host.log, time: host.time)
    }

    var all: [Entry] { state.withLock { $0.entries.values.sorted { $0.definition.name < $1.definition.name } } }
    var names: [String] { state.withLock { $0.entries.keys.sorted() } }
    var folder: String { state.withLock { $0.folder } }

    subscript(name: String) -> Entry? { state.withLock { $0.entries[name] } }

    /// Puts these datasets in force and says what has changed. One that stays keeps its cache, unless its source is another;
    /// what is under way ends as it began.
    ///
    /// - Throws: what keeps a source from being made; then nothing has changed.
    @discardableResult
    func put(_ catalog: DatasetCatalog, _ configuration: PreloaderConfiguration) throws -> [String] {
        let before = state.withLock { $0.entries }
        try maker.prepare(configuration)
        permits.change(asksRunner: configuration.runnerPermits)
        var entries: [String: Entry] = [:]
        var changes: [String] = []
        for (name, definition) in catalog.datasets {
            guard let old = before[name] else {
                entries[name] = try make(definition)
                changes.append("dataset \(name) is new")
                continue
            }
            var same = definition
            same.place = old.definition.place
            guard same != old.definition else {
                entries[name] = Entry(definition: definition, dataset: old.dataset, gate: old.gate)
                continue
            }
            let isSourceNew = definition.source != old.definition.source || definition.scope != old.definition.scope
            let gate = RequestGate(definition, permits: permits, time: host.time, log: host.log)
            old.dataset.change(
                definition.rules, gate: gate, source: isSourceNew ? try maker.source(of: definition) : nil)
            entries[name] = Entry(definition: definition, dataset: old.dataset, gate: gate)
            changes.append("dataset \(name) has changed\(isSourceNew ? ", its cache is empty" : "")")
        }
        let gone = before.filter { entries[$0.key] == nil }
        changes += gone.keys.map { "dataset \($0) is gone" }
        let folder = host.declarations.folder(.datasets, setting: configuration.datasets).path
        state.withLock { [entries] state in
            state.entries = entries
            state.folder = folder
            state.retired = state.retired.filter { $0.load.waiting > 0 } + gone.values.map(\.dataset)
        }
        for entry in gone.values { entry.dataset.retire() }
        permits.keep(Set(entries.values.compactMap(\.definition.resource)))
        return changes.sorted()
    }

    private func make(_ definition: DatasetDefinition) throws -> Entry {
        let gate = RequestGate(definition, permits: permits, time: host.time, log: host.log)
        var log = host.log
        log[metadataKey: "dataset"] = "\(definition.name)"
        let dataset = Dataset(
            definition.name, definition.rules, source: try maker.source(of: definition), gate: gate, time: host.time
        ) { [log] notice in
            switch notice {
            case .faulty(let fault): log.error("the source is faulty: \(fault)")
            case .failed(let error, let keys):
                log.warning("keys were not loaded: \(error)", metadata: ["keys": "\(keys)"])
            }
        }
        return Entry(definition: definition, dataset: dataset, gate: gate)
    }

    /// Lets nobody wait for others any more, and returns when nothing is under way.
    func drain() async {
        let datasets = state.withLock { $0.entries.values.map(\.dataset) + $0.retired }
        for dataset in datasets { dataset.retire() }
        for dataset in datasets { await dataset.idle() }
        await maker.close()
        permits.close()
    }
}
