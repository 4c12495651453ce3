import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl call METHOD JSON`
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Calls a method and prints its result as JSON.",
        discussion: "For instance: millctl call job.show '{\"id\": 17}'. `millctl describe` lists the methods.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The method, for instance job.show.") var method: String
    @Argument(help: ArgumentHelp("Parameters; @FILE reads a file, @- standard input.", valueName: "json|@file"))
    var params: String?
    @Option(help: "Which service; else the one whose method it is.") var service: String?
    @Option(name: .customLong("timeout-ms"), help: "How long the answer may take; 30 s when left out.") var timeoutMs:
        Int?

    func validate() throws {
        if let timeoutMs, timeoutMs < 1 { throw ValidationError("--timeout-ms is at least 1") }
    }

    func run() async throws {
        let params = try params.map { try ParamsSource(option: "parameters").read($0) } ?? .emptyObject
        let caller = try Caller(service: try ServiceChoice.service(named: service, method: method), at: global.place)
        let result = try await caller.call(
            method, params, timeout: timeoutMs.map { .milliseconds($0) } ?? Caller.patience
        ) { progress in
            Output.error("progress \(progress.text)")
        }
        if global.json {
            JSONOutput.document(result)
        } else {
            Output.line(JSONOutput.pretty(result))
        }
    }
}
