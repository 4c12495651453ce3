import ArgumentParser
import Declarations
import Glibc
import JSONCodec
import KindFiles
import Linux
import MillraceProtocol

extension KindCommand {
    /// `millctl kind check [FOLDER]`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a folder of kind declarations and tells all mistakes at once.",
            discussion: """
                Without a folder the one the runner reads: DIR/etc/kinds.d with --state, else /etc/millrace/kinds.d. \
                Asks no service. Ends with 65 when something is wrong; warnings alone end with 0.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The folder with the *.yaml files.", completion: .directory) var folder: String?

        func run() async throws {
            let folder = folder ?? global.place.configuration.declarations(.kinds)
            let (catalog, problems) = KindCatalog.load(folder: folder, runner: await global.place.runnerUser)
            let found = [
                Counted.text(catalog.kinds.count, "kind"), Counted.text(catalog.workers.count, "worker"),
                Counted.text(catalog.resources.count, "resource"), Counted.text(catalog.queues.count, "queue"),
            ].joined(separator: ", ")
            let report = DeclarationReport(
                folder: folder, noun: "kinds", names: catalog.kinds.keys.sorted(), found: found, problems: problems)
            report.show(global)
            if report.errors > 0 { throw Exit.dataError }
        }
    }
}

extension Place {
    /// As whom the runner runs; nil where that is not known.
    var runnerUser: UInt32? {
        get async {
            switch self {
            case .state: geteuid()
            case .system: await ServiceUser.all()[KnownService.runner.name]?.id
            }
        }
    }
}
