import ArgumentParser
import JSONCodec

/// `millctl exit-codes`
struct ExitCodesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exit-codes", abstract: "Lists what the exit codes mean.",
        discussion: "They are those of sysexits(3); 1 to 3 say how a job ended that was waited for.")

    @OptionGroup var global: GlobalOptions

    func run() throws {
        if global.json {
            JSONOutput.document(Exit.meanings.map { Meaning(exitCode: Int($0.0.rawValue), meaning: $0.1) })
            return
        }
        var table = Table([.number("Code"), .text("Meaning")])
        for (code, meaning) in Exit.meanings { table.add([Table.Cell(code.rawValue), Table.Cell(meaning)]) }
        Output.table(table, global.terminal)
    }

    private struct Meaning: JSONEncodable {
        var exitCode: Int
        var meaning: String

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("exitCode", exitCode)
                $0.member("meaning", meaning)
            }
        }
    }
}
