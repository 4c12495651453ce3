import JSONCodec
import Linux
import MillraceProtocol

/// Datasets in tables and sentences.
enum PreloadText {
    // MARK: Stats

    static func stats(_ datasets: [DatasetStats], for terminal: Terminal, isSingle: Bool) -> [String] {
        if datasets.isEmpty { return ["no dataset is declared"] }
        if isSingle, let stats = datasets.first { return facts(stats, for: terminal) }
        var table = Table([
            .text("Dataset", shrinksTo: 12), .number("Keys"), .number("Hits"), .number("Batches"), .number("Requests"),
            .number("Saved"), .number("Window p50"), .number("p99"), .number("Load p50", leaves: 3),
            .number("Kept"), .number("Memory", leaves: 2), .number("Failed", leaves: 1),
        ])
        for stats in datasets {
            let failed = stats.failedBatches + stats.faultyBatches
            table.add([
                Table.Cell(stats.dataset), Table.Cell(stats.keysAsked), Table.Cell(share(stats.hitRate)),
                Table.Cell(stats.logicalBatches), Table.Cell(stats.physicalRequests), Table.Cell(stats.callsSaved),
                Table.Cell(time(stats.windowDelayP50Us)), Table.Cell(time(stats.windowDelayP99Us)),
                Table.Cell(time(stats.loadP50Us)), Table.Cell(stats.entries),
                Table.Cell(ByteText.short(Int64(stats.bytes))),
                Table.Cell(String(failed), failed > 0 ? .warning : .plain),
            ])
        }
        return table.lines(for: terminal)
    }

    private static func facts(_ stats: DatasetStats, for terminal: Terminal) -> [String] {
        var facts = Facts()
        facts.add("Dataset", stats.dataset)
        facts.add("Asked", "\(Counted.text(stats.keysAsked, "key")) in \(Counted.text(stats.asks, "call"))")
        facts.add(
            "From the cache",
            "\(stats.hits) (\(share(stats.hitRate)))"
                + (stats.staleHits > 0 ? ", \(stats.staleHits) of them stale" : ""))
        facts.add("Joined", "\(Counted.text(stats.joined, "key")) loaded for another caller")
        facts.add(
            "Loaded",
            "\(Counted.text(stats.keysLoaded, "key")) in \(stats.logicalBatches) logical batches, "
                + "\(stats.physicalRequests) physical requests")
        facts.add("Saved", Counted.text(stats.callsSaved, "request"))
        facts.add("Window", "p50 \(time(stats.windowDelayP50Us)), p99 \(time(stats.windowDelayP99Us))")
        facts.add("Load", "p50 \(time(stats.loadP50Us)), p99 \(time(stats.loadP99Us))")
        facts.add(
            "Kept",
            "\(Counted.text(stats.entries, "key")), \(ByteText.short(Int64(stats.bytes))), \(stats.evicted) evicted")
        facts.add("Now", "\(stats.waiting) keys wait, \(stats.running) batches on their way")
        facts.add(
            "Not as it should be",
            "\(stats.failedBatches) batches failed, \(stats.faultyBatches) were faulty, "
                + "\(stats.cancelledBatches) cancelled, \(stats.refused) keys refused")
        facts.add("Breaker", stats.breaker.map(LimitText.word))
        return facts.lines(for: terminal)
    }

    /// "80 %"
    private static func share(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }

    /// "850 us", "2.1 ms", "1.2 s"
    static func time(_ microseconds: Int) -> String {
        switch microseconds {
        case ..<1000: return "\(microseconds) us"
        case ..<100_000: return "\(microseconds / 1000).\(microseconds % 1000 / 100) ms"
        default: return Duration.microseconds(microseconds).short
        }
    }

    // MARK: Datasets

    static func datasets(_ datasets: [DatasetView]) -> Table {
        var table = Table([
            .text("Dataset", shrinksTo: 12), .text("Source"), .text("Kept for"), .number("Chunk"), .number("Parallel"),
            .number("Window"), .number("TTL"), .number("Bounds"), .text("Resource", optional: true),
            .text("Summary", shrinksTo: 10, optional: true, leaves: 2), .text("File", shrinksTo: 12, leaves: 1),
        ])
        for dataset in datasets {
            let bounds =
                dataset.cacheEntries == 0
                ? "off" : "\(dataset.cacheEntries) keys, \(ByteText.short(Int64(dataset.cacheBytes)))"
            table.add([
                Table.Cell(dataset.name), Table.Cell(dataset.source.rawValue),
                Table.Cell(dataset.scope == .shared ? "everybody" : "each user"), Table.Cell(dataset.chunk),
                Table.Cell(dataset.parallelism), Table.Cell(time(Int(dataset.windowAgeMs * 1000))),
                Table.Cell(Duration.milliseconds(dataset.ttlMs).short), Table.Cell(bounds),
                Table.Cell(dataset.resource ?? ""), Table.Cell(dataset.summary), Table.Cell(dataset.file ?? ""),
            ])
        }
        return table
    }

    // MARK: Rows

    /// A line for each key, in the order they were asked for.
    static func rows(_ datasets: [DatasetRows], keys: [String], for terminal: Terminal) -> [String] {
        var table = Table([.text("Key"), .text("Value")])
        for dataset in datasets {
            var said: Set<String> = []
            for key in keys where said.insert(key).inserted {
                if let value = dataset.values.first(where: { $0.key == key }) {
                    table.add([Table.Cell(key), Table.Cell(value.value.text)])
                } else if let error = dataset.errors.first(where: { $0.key == key }) {
                    table.add([Table.Cell(key), Table.Cell("\(error.error)", .bad)])
                } else {
                    table.add([Table.Cell(key), Table.Cell("missing", .quiet)])
                }
            }
        }
        return table.lines(for: terminal)
    }

    // MARK: Callers

    static func callers(_ answer: CallerList.Result, all: Bool, for terminal: Terminal) -> [String] {
        let callers = all ? answer.callers : answer.callers.filter { $0.keyByKeyRuns > 0 }
        guard !callers.isEmpty else {
            return [all ? "nobody has asked for anything" : "nobody asks key by key"]
        }
        var table = Table([
            .text("User"), .text("Unit", shrinksTo: 12, optional: true), .text("Kind", shrinksTo: 12, optional: true),
            .text("Dataset", shrinksTo: 10), .number("Calls"), .number("Keys"), .number("Key by key"),
            .number("Longest"), .number("Would save"),
        ])
        for caller in callers {
            table.add([
                Table.Cell(caller.user), Table.Cell(caller.unit ?? ""), Table.Cell(caller.kind ?? ""),
                Table.Cell(caller.dataset), Table.Cell(caller.calls), Table.Cell(caller.keys),
                Table.Cell(caller.keyByKeyCalls), Table.Cell(caller.longestRun),
                Table.Cell(
                    caller.wouldSave > 0 ? Counted.text(caller.wouldSave, "call") : "",
                    caller.wouldSave > 0 ? .warning : .plain),
            ])
        }
        return table.lines(for: terminal)
    }
}
