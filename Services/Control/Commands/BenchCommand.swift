import ArgumentParser
import Linux
import MillraceProtocol

/// `millctl bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures how fast jobs are taken in and done.",
        discussion: """
            Submits jobs that do nothing, over real connections, and sees them through. The durability that the runner \
            names in its answers is printed, because it decides what the numbers mean. Use a queue of its own: \
            millctl queue set bench --durability crash; millctl bench --count 10000
            Without --kind this command is its own worker, so its own share of the processor is in the figures.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "How many jobs.", transform: OptionValue.integer(1...1_000_000)) var count = 1000
    @Option(
        help: "How many connections, each with one call at a time.", transform: OptionValue.integer(1...100))
    var connections = 1
    @Option(help: "How many jobs a call submits.", transform: OptionValue.integer(1...1000)) var batch = 1
    @Option(help: "A kind that does nothing; when left out this command is the worker itself.") var kind: String?
    @Option(help: "The queue.") var queue = "bench"
    @Flag(name: .customLong("submit-only"), help: "Do not wait until the jobs are over.") var submitOnly = false
    @Option(
        help: "Give up waiting when no job has ended for so long.",
        transform: OptionValue.milliseconds(1...3_600_000))
    var patience = 10_000

    func validate() throws {
        if submitOnly && kind == nil {
            throw ValidationError("--submit-only needs --kind: this command is the worker else, and ends with it")
        }
    }

    func run() async throws {
        let own = kind == nil ? try await BenchWorker(at: global.place) : nil
        defer { own?.close() }
        if !submitOnly, let kind { try await check(kind) }
        let bench = BenchRun(
            count: count, connections: min(connections, count), batch: batch, kind: kind ?? BenchWorker.kind,
            queue: queue, place: global.place)
        let submitted = try await bench.submit()
        let life = submitOnly ? nil : try await bench.life(of: submitted, patience: .milliseconds(patience))
        let report = BenchReport(run: bench, submitted: submitted, life: life)
        if global.json {
            JSONOutput.document(report)
        } else {
            Output.lines(report.lines(for: global.terminal))
        }
        if life?.isWhole == false { throw Exit.temporaryFailure }
    }

    /// Jobs of a kind that nobody serves would only lie there.
    private func check(_ kind: String) async throws {
        let caller = try Caller(service: KnownService.runner.name, at: global.place)
        defer { caller.close() }
        let kinds = try await caller.call(KindList.self, Empty()).value.kinds
        if let known = kinds.first(where: { $0.name == kind }), known.workers > 0 || known.program != .outside {
            return
        }
        let served = kinds.filter { $0.workers > 0 || $0.program != .outside }.map(\.name).joined(separator: ", ")
        throw Failure(
            .unavailable,
            "nothing serves kind \(kind): name one that does nothing by --kind"
                + (served.isEmpty ? "" : "; there is \(served)") + ", or measure submits alone by --submit-only")
    }
}
