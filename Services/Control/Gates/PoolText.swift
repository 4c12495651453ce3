import Linux
import MillraceProtocol

/// Pools, workers and kinds in tables.
enum PoolText {
    static func lines(_ listing: PoolListing, _ terminal: Terminal) -> [String] {
        var facts = Facts()
        facts.add("Jobs", "\(listing.jobs.used) of \(listing.jobs.limit) run on the machine")
        facts.add("Calls", "\(listing.calls.used) of \(listing.calls.limit) to workers are in flight")
        var lines = facts.lines(for: terminal) + [""]
        lines += listing.pools.isEmpty ? ["no pool: no kind is served by processes of the runner"] : []
        if !listing.pools.isEmpty { lines += pools(listing.pools).lines(for: terminal) }
        let running = listing.pools.flatMap { pool in pool.running.map { (pool.name, $0) } }
        return running.isEmpty ? lines : lines + [""] + processes(running).lines(for: terminal)
    }

    private static func pools(_ pools: [PoolView]) -> Table {
        var table = Table([
            .text("Pool", shrinksTo: 12), .number("Processes"), .number("At most"), .number("Warm"),
            .text("Command", shrinksTo: 16), .text("Problem", shrinksTo: 16, optional: true),
        ])
        for pool in pools {
            table.add([
                Table.Cell(pool.name), Table.Cell(pool.running.count), Table.Cell(pool.processes),
                Table.Cell(pool.warm), Table.Cell(pool.command.map(ShellWord.quoted).joined(separator: " ")),
                Table.Cell(pool.problem ?? "", .bad),
            ])
        }
        return table
    }

    private static func processes(_ running: [(pool: String, process: PoolProcess)]) -> Table {
        var table = Table([
            .text("Pool", shrinksTo: 12), .number("Pid"), .number("Worker", optional: true), .text("State"),
            .number("Calls"), .number("Age"), .number("Idle", leaves: 1),
        ])
        for (pool, process) in running {
            table.add([
                Table.Cell(pool), Table.Cell(process.pid), Table.Cell(process.worker.map(String.init) ?? ""),
                Table.Cell(process.state.rawValue, process.state == .ready ? .good : .warning),
                Table.Cell(process.calls), Table.Cell(Duration.milliseconds(process.ageMs).short),
                Table.Cell(process.calls > 0 ? "" : Duration.milliseconds(process.idleMs).short),
            ])
        }
        return table
    }

    static func workers(_ workers: [WorkerView]) -> Table {
        var table = Table([
            .number("ID"), .text("Name", shrinksTo: 10), .text("State"), .number("Pid"), .number("Running"),
            .number("Capacity"), .text("Pool", optional: true, leaves: 1), .text("User", optional: true, leaves: 2),
            .text("Since", leaves: 3), .text("Kinds", shrinksTo: 20),
        ])
        for worker in workers {
            table.add([
                Table.Cell(worker.id), Table.Cell(worker.name),
                Table.Cell(worker.state.rawValue, worker.state == .ready ? .good : .warning), Table.Cell(worker.pid),
                Table.Cell(worker.running), Table.Cell(worker.capacity), Table.Cell(worker.pool ?? ""),
                Table.Cell(worker.user.map(UserName.of) ?? ""), Table.Cell(worker.since.short),
                Table.Cell(worker.kinds.joined(separator: ", ")),
            ])
        }
        return table
    }

    static func kinds(_ kinds: [KindView]) -> Table {
        var table = Table([
            .text("Kind", shrinksTo: 12), .text("State"), .text("Program"), .number("Workers"), .number("Running"),
            .number("At most", optional: true), .text("Pool", optional: true, leaves: 3),
            .text("Stages", leaves: 2), .text("Summary", shrinksTo: 20),
            .text("File", shrinksTo: 12, optional: true, leaves: 1),
        ])
        for kind in kinds {
            table.add([
                Table.Cell(kind.name), Table.Cell(kind.state.rawValue, GateText.tone(kind.state)),
                Table.Cell(kind.program.rawValue), Table.Cell(kind.workers), Table.Cell(kind.running),
                Table.Cell(kind.concurrency.map(String.init) ?? ""), Table.Cell(kind.pool ?? ""),
                Table.Cell(kind.stages.map(\.rawValue).joined(separator: ", ")), Table.Cell(kind.summary),
                Table.Cell(kind.file ?? ""),
            ])
        }
        return table
    }
}
