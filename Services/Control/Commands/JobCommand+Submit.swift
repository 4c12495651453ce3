import ArgumentParser
import Glibc
import JSONCodec
import Linux
import MillraceProtocol

extension JobCommand {
    /// `millctl job submit KIND [--params JSON|@FILE] [--wait] [--json]`
    struct Submit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queues a job; with --wait shows it until it ends.",
            discussion: """
                For instance: millctl job submit sync-task-order-logs --params '{"month":"2026-11"}' --wait
                With --wait the exit code is 0, 1, 2 or 3 as the job succeeded, failed, succeeded in parts or was \
                cancelled. Ctrl-C ends the waiting, not the job, unless it is --attached.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "Which workload; `millctl kind list` names them.") var kind: String
        @Option(help: ArgumentHelp("Parameters; @FILE reads a file, @- standard input.", valueName: "json|@file"))
        var params: String?
        @Option(help: "The queue; `default` when left out.") var queue: String?
        @Option(help: "What the job is about; limits per key count by it.") var key: String?
        @Option(parsing: .unconditional, help: "-1000 to 1000; the higher runs first.") var priority: Int?
        @Option(
            name: .customLong("run-at"), help: "Not before this time: 2026-11-21T09:30:00Z or +15m.",
            transform: OptionValue.time)
        var runAt: Timestamp?
        @Option(help: "How long it may run: 90s, 15m, 2h.", transform: OptionValue.duration) var timeout: Duration?
        @Option(name: .customLong("max-attempts"), help: "How often each part is tried; 3 when left out.")
        var maxAttempts: Int?
        @Option(
            help: "The pause before the second try, doubled after each: 500ms, 1s.", transform: OptionValue.duration)
        var backoff: Duration?
        @Option(
            name: .customLong("idempotency-key"),
            help: "Two submissions with the same key within seven days are one job.")
        var idempotencyKey: String?
        @Flag(help: "Cancel the job when this command ends before it; needs --wait.") var attached = false
        @Flag(help: "Show the job until it ends.") var wait = false

        func validate() throws {
            if attached && !wait { throw ValidationError("--attached needs --wait: the job ends with the connection") }
        }

        func run() async throws {
            let specification = JobSpecification(
                kind: kind, params: try params.map { try ParamsSource(option: "--params").read($0) }, queue: queue,
                key: key, priority: priority, runAt: runAt, timeoutMs: timeout.map { Int($0.milliseconds) },
                maxAttempts: maxAttempts, backoffMs: backoff.map { Int($0.milliseconds) },
                attached: attached ? true : nil)
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            // A key of our own makes the submit safe to repeat when the runner is restarted under it.
            let answer = try await caller.call(
                JobSubmit.self, specification, idempotencyKey: idempotencyKey ?? Identifier.random())
            if wait {
                try await JobWaiting(caller: caller, id: answer.value.id, global: global, attached: attached).run()
            } else if global.json {
                JSONOutput.document(answer.raw)
            } else {
                say(answer.value)
            }
        }

        private func say(_ receipt: JobReceipt) {
            let again = receipt.duplicate && idempotencyKey != nil ? ", submitted before with this key" : ""
            Output.line("job \(receipt.id) is \(receipt.state.rawValue)\(again)")
            if global.terminal.isInteractive {
                Output.line("see it end: millctl job watch \(receipt.id)\(global.place.option)")
            }
        }
    }
}
