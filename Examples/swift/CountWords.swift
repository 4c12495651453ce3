import JSONCodec
import Linux
import MillraceProtocol
import MillraceWorker

/// Counts the words of text files: `{"files":["/a","/b"]}` has an item for each file and the result
/// `{"files":2,"words":1234,"failed":[]}`.
struct CountWords: Workload {
    static let kind = "count-words"
    static let summary = "counts the words of text files"

    struct Params: JSONDecodable, Sendable {
        var files: [String]

        init(from json: inout JSONReader) throws(JSONError) {
            var files: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "files": files = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.files = try json.require(files, "files")
        }
    }

    struct Summary: JSONEncodable, Sendable {
        var files: Int
        var words: Int
        var failed: [String]

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("files", files)
                $0.member("words", words)
                $0.member("failed", failed)
            }
        }
    }

    func plan(_ params: Params, _ run: JobRun) async throws -> Plan<String> {
        Plan(items: params.files.map { PlannedItem(key: $0, input: $0) }, slots: 4)
    }

    /// There is nothing to read ahead.
    func preload(_ params: Params, _ items: [PlannedItem<String>], _ run: JobRun) async throws {}

    func process(_ item: PlannedItem<String>, _ params: Params, _ context: Void, _ run: JobRun) async throws -> Int {
        run.progress("reading \(item.input)")
        do {
            return try Files.readText(item.input).split { $0.isWhitespace }.count
        } catch {
            throw RPCError(.notFound, "\(error)", reason: "file.unreadable")
        }
    }

    func summarize(_ outcomes: [Outcome<Int>], _ params: Params, _ run: JobRun) async throws -> Summary {
        Summary(
            files: outcomes.count, words: outcomes.reduce(0) { $0 + ($1.output ?? 0) },
            failed: outcomes.filter { $0.state == .failed }.map(\.key))
    }
}
