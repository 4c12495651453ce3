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
        @Option(
            parsing: .unconditional, help: "-1000 to 1000; the higher runs first.",
            transform: OptionValue.integer(-1000...1000))
        var priority: Int?
        @Option(
            name: .customLong("run-at"), help: "Not before this time: 2026-11-21T09:30:00Z or +15min.",
            transform: OptionValue.time)
        var runAt: Timestamp?
        @Option(
            help: "How long it may run: 90s, 15min, 2h.", transform: OptionValue.milliseconds(1...604_800_000))
        var timeout: Int?
        @Option(
            name: .customLong("item-timeout"), help: "How long one attempt of one part may take.",
            transform: OptionValue.milliseconds(1...604_800_000))
        var itemTimeout: Int?
        @Option(
            name: .customLong("max-attempts"), help: "How often each part is tried; 3 when left out.",
            transform: OptionValue.integer(1...100))
        var maxAttempts: Int?
        @Option(
            help: "The pause before the second try, doubled after each: 500ms, 1s.",
            transform: OptionValue.milliseconds(0...3_600_000))
        var backoff: Int?
        @Option(
            help: ArgumentHelp("Begin only when these jobs have succeeded.", valueName: "id,id"),
            transform: OptionValue.jobs)
        var after: [JobID]?
        @Option(
            name: .customLong("after-always"),
            help: ArgumentHelp("Begin when these jobs are over, in whatever way.", valueName: "id,id"),
            transform: OptionValue.jobs)
        var afterAlways: [JobID]?
        @Option(
            help: ArgumentHelp(
                "No second job of the kind with this key while one is not over; mode: reject, replace, keep.",
                valueName: "key[:mode]"),
            transform: UniqueChoice.init(text:))
        var unique: UniqueChoice?
        @Option(
            name: .customLong("idempotency-key"),
            help: "Two submissions with the same key within seven days are one job.")
        var idempotencyKey: String?
        @Flag(help: "Cancel the job when this command ends before it; needs --wait.") var attached = false
        @Flag(help: "Show the job until it ends.") var wait = false

        func validate() throws {
            if after != nil && afterAlways != nil { throw ValidationError("give --after or --after-always, not both") }
            if attached && !wait { throw ValidationError("--attached needs --wait: the job ends with the connection") }
        }

        func run() async throws {
            let specification = JobSpecification(
                kind: kind, params: try params.map { try ParamsSource(option: "--params").read($0) }, queue: queue,
                key: key, priority: priority, runAt: runAt, timeoutMs: timeout, maxAttempts: maxAttempts,
                backoffMs: backoff, attached: attached ? true : nil, after: after ?? afterAlways,
                afterMode: afterAlways == nil ? nil : .always, uniqueKey: unique?.key, uniqueMode: unique?.mode,
                itemTimeoutMs: itemTimeout)
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
            Output.line(Self.sentence(receipt, isKeyed: idempotencyKey != nil, isUnique: unique != nil))
            if global.terminal.isInteractive {
                Output.line("see it end: millctl job watch \(receipt.id)\(global.place.option)")
            }
        }

        /// "job 17 is ready, held until jobs it comes after are over"
        static func sentence(_ receipt: JobReceipt, isKeyed: Bool, isUnique: Bool) -> String {
            var text = "job \(receipt.id) is \(receipt.state.rawValue)"
            if receipt.duplicate {
                if isUnique && !isKeyed {
                    text += ", the one there is with this unique key"
                } else if isKeyed {
                    text += ", submitted before with this key"
                }
            }
            if let replaced = receipt.replaced { text += ", in the place of job \(replaced)" }
            switch receipt.hold {
            case .key: text += ", behind others of its key"
            case .dependency: text += ", held until the jobs it comes after are over"
            case .bury: text += ", buried"
            case nil: break
            }
            return text
        }
    }
}

/// What `--unique KEY[:mode]` says.
struct UniqueChoice: Hashable, Sendable {
    var key: String
    var mode: UniqueMode?

    /// What follows the last colon is the mode when it is one; any other colon belongs to the key.
    @Sendable init(text: String) throws {
        key = text
        if let colon = text.lastIndex(of: ":"),
            let mode = UniqueMode(rawValue: String(text[text.index(after: colon)...]))
        {
            key = String(text[..<colon])
            self.mode = mode
        }
        guard (1...256).contains(key.unicodeScalars.count) else {
            throw ValidationError("'\(text)' is no unique key: 1 to 256 characters, then :reject, :replace or :keep")
        }
    }
}
