import Declarations
import JSONCodec

/// What is wrong with a folder of declarations, as text or as JSON.
struct DeclarationReport {
    var folder: String
    /// "kinds" or "datasets".
    var noun: String
    var names: [String]
    /// "3 datasets"
    var found: String
    var problems: [Problem]

    var errors: Int { problems.count { $0.severity == .error } }

    func show(_ global: GlobalOptions) {
        guard !global.json else { return JSONOutput.document(self) }
        let terminal = global.terminal
        for problem in problems {
            let tone: Tone = problem.severity == .error ? .bad : .warning
            Output.line(terminal.paint(DisplayText.harmless(problem.description), tone))
        }
        let warnings = problems.count - errors
        var text = "\(folder): \(found)"
        text += errors == 0 ? ", nothing is wrong" : ", \(Counted.text(errors, "mistake"))"
        if warnings > 0 { text += ", \(Counted.text(warnings, "warning"))" }
        Output.line(text)
    }
}

extension DeclarationReport: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("folder", folder)
            json.member("ok", errors == 0)
            json.member(noun, names)
            json.member("problems") { json in
                json.array { json in for problem in problems { Self.write(problem, to: &json) } }
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
