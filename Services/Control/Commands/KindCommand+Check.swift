import ArgumentParser
import Declarations
import Glibc
import JSONCodec
import KindFiles
import Linux

extension KindCommand {
    /// `millctl kind check [FOLDER]`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a folder of kind declarations and tells all mistakes at once.",
            discussion: """
                Without a folder the one the runner reads: DIR/etc/kinds.d with --state, else /etc/millrace/kinds.d. \
                Asks no service. Ends with 65 when something is wrong; warnings alone end with 0.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The folder with the *.yaml files.", completion: .directory) var folder: String?

        func run() throws {
            let folder = folder ?? global.place.kindFolder
            let (catalog, problems) = KindCatalog.load(folder: folder, runner: global.place.runnerUser)
            let errors = problems.count { $0.severity == .error }
            if global.json {
                JSONOutput.document(Report(folder: folder, kinds: catalog.kinds.keys.sorted(), problems: problems))
            } else {
                let terminal = global.terminal
                for problem in problems {
                    let tone: Tone = problem.severity == .error ? .bad : .warning
                    Output.line(terminal.paint(DisplayText.harmless(problem.description), tone))
                }
                Output.line(Self.summary(of: catalog, folder, errors: errors, warnings: problems.count - errors))
            }
            if errors > 0 { throw Exit.dataError }
        }

        static func summary(of catalog: KindCatalog, _ folder: String, errors: Int, warnings: Int) -> String {
            let found = [
                Counted.text(catalog.kinds.count, "kind"), Counted.text(catalog.workers.count, "worker"),
                Counted.text(catalog.resources.count, "resource"), Counted.text(catalog.queues.count, "queue"),
            ].joined(separator: ", ")
            var text = "\(folder): \(found)"
            text += errors == 0 ? ", nothing is wrong" : ", \(Counted.text(errors, "mistake"))"
            if warnings > 0 { text += ", \(Counted.text(warnings, "warning"))" }
            return text
        }
    }

    private struct Report: JSONEncodable {
        var folder: String
        var kinds: [String]
        var problems: [Problem]

        func encode(to json: inout JSONWriter) {
            json.object { json in
                json.member("folder", folder)
                json.member("ok", !problems.contains { $0.severity == .error })
                json.member("kinds", kinds)
                json.member("problems") { json in
                    json.array { json in
                        for problem in problems { Self.write(problem, to: &json) }
                    }
                }
            }
        }

        private static func write(_ problem: Problem, to json: inout JSONWriter) {
            json.object {
                $0.member("severity", problem.severity == .error ? "error" : "warning")
                $0.member("file", problem.place.file)
                $0.member("line", problem.place.line)
                $0.member("column", problem.place.column)
                if !problem.path.isEmpty { $0.member("path", problem.path) }
                $0.member("message", problem.message)
            }
        }
    }
}

extension Place {
    /// Where the runner reads kinds from.
    var kindFolder: String {
        switch self {
        case .state(let state): "\(state.path)/etc/kinds.d"
        case .system: "/etc/millrace/kinds.d"
        }
    }

    /// As whom the runner runs; nil where that is not known.
    var runnerUser: UInt32? {
        switch self {
        case .state: geteuid()
        case .system: SystemUser.named("millrace")?.id
        }
    }
}
