import ArgumentParser
import JSONCodec
import MillraceProtocol
import MillraceRPC

/// `millctl describe [METHOD|SERVICE]`
struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Lists a service's methods, or says all about one.",
        discussion: "With --json prints the OpenRPC document, or the method's part of it.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The method, for instance job.submit, or a service, for instance categorizer.") var subject: String?
    @Option(help: "Which service; else the one whose method it is, or the runner.") var service: String?

    func run() async throws {
        let named = service ?? subject.flatMap { KnownService.named($0)?.name }
        let method = named == subject ? nil : subject
        let name = try ServiceChoice.service(named: named, method: method)
        let caller = try Caller(service: name, at: global.place)
        let document = try await caller.call(Discover.self, Empty())
        let description = try MethodBook(document.raw.decode(JSONValue.self))
        guard let method else {
            if global.json {
                JSONOutput.document(document.raw)
            } else {
                Output.table(description.list(), global.terminal)
            }
            return
        }
        guard let entry = description.method(method) else {
            throw Failure(.usage, "the \(name) has no method '\(method)'; `millctl describe` lists those it has")
        }
        if global.json {
            JSONOutput.document(entry)
        } else {
            Output.lines(description.lines(entry, for: global.terminal))
        }
    }
}
