import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl kind list`
struct KindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kind", abstract: "The kinds of job there are.", subcommands: [List.self],
        defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the kinds of job that workers declare.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let answer = try await caller.call(KindList.self, Empty())
            if global.json {
                JSONOutput.document(answer.raw)
                return
            }
            var table = Table([
                .text("Kind"), .number("Workers"), .text("Stages", leaves: 1), .text("Summary", shrinksTo: 20),
            ])
            for kind in answer.value.kinds {
                table.add([
                    Table.Cell(kind.name), Table.Cell(kind.workers),
                    Table.Cell(kind.stages.map(\.rawValue).joined(separator: ", ")), Table.Cell(kind.summary),
                ])
            }
            Output.table(table, global.terminal)
        }
    }
}

/// `millctl worker list`
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "The workers that are connected.", subcommands: [List.self],
        defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the connected workers.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let answer = try await caller.call(WorkerList.self, Empty())
            if global.json {
                JSONOutput.document(answer.raw)
                return
            }
            if answer.value.workers.isEmpty {
                Output.line("no worker is connected; the runner starts one when a job needs it")
                return
            }
            var table = Table([
                .number("ID"), .text("Name"), .number("Pid"), .number("Running"), .number("Capacity"),
                .text("Since", leaves: 1),
                .text("Kinds", shrinksTo: 20),
            ])
            for worker in answer.value.workers {
                table.add([
                    Table.Cell(worker.id), Table.Cell(worker.name), Table.Cell(worker.pid), Table.Cell(worker.running),
                    Table.Cell(worker.capacity), Table.Cell(worker.since.short),
                    Table.Cell(worker.kinds.joined(separator: ", ")),
                ])
            }
            Output.table(table, global.terminal)
        }
    }
}
