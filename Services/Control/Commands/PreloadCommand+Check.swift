import ArgumentParser
import DatasetFiles
import Declarations

extension PreloadCommand {
    /// `millctl preload check [FOLDER]`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a folder of dataset declarations and tells all mistakes at once.",
            discussion: """
                Without a folder the one the preloader reads: DIR/etc/datasets.d with --state, else \
                /etc/millrace/datasets.d. Asks no service. Ends with 65 when something is wrong; warnings alone end with 0.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The folder with the *.yaml files.", completion: .directory) var folder: String?

        func run() throws {
            let folder = folder ?? global.place.configuration.declarations(.datasets)
            let (catalog, problems) = DatasetCatalog.load(folder: folder, data: global.place.dataFolder)
            let report = DeclarationReport(
                folder: folder, noun: "datasets", names: catalog.datasets.keys.sorted(),
                found: Counted.text(catalog.datasets.count, "dataset"), problems: problems)
            report.show(global)
            if report.errors > 0 { throw Exit.dataError }
        }
    }
}

extension Place {
    /// Where the databases are, and files that datasets name without a leading slash.
    var dataFolder: String {
        switch self {
        case .state(let state): state.data
        case .system: "/var/lib/millrace"
        }
    }
}
