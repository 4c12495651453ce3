import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl support`
struct SupportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "support", abstract: "Prints what somebody who helps has to know, without anybody's data.",
        discussion: """
            One JSON document, to be read before it is sent: versions, the machine, what `doctor` found, the figures of \
            the services, sizes of databases and tables, settings that are numbers. No parameters, results, keys, names, \
            addresses or log lines are in it.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        JSONOutput.document(await SupportReport.taken(at: global.place, now: SystemTime().wall()))
    }
}
