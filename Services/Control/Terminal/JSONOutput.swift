import Glibc
import JSONCodec

/// `--json`: a document for a person on a terminal, one line in a pipe.
enum JSONOutput {
    static func text(_ value: some JSONEncodable) -> String { JSON.text(value) }

    /// Writes one document to standard output.
    static func document(_ value: some JSONEncodable) {
        document(JSONRaw(value))
    }

    /// The same for what came over the wire, as it came.
    static func document(_ raw: JSONRaw) {
        Output.line(isatty(STDOUT_FILENO) == 1 ? pretty(raw) : raw.text)
    }

    /// Writes one of several documents, each on its line.
    static func line(_ value: some JSONEncodable) {
        Output.line(JSON.text(value))
    }

    /// Indented; as it came when it cannot be read.
    static func pretty(_ raw: JSONRaw) -> String {
        (try? raw.decode(JSONValue.self).pretty()) ?? raw.text
    }
}
