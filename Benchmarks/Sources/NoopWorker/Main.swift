import JSONCodec
import MillraceWorker

/// A worker that does nothing, made with the library as any worker is: what it costs is what the library costs.
///
/// `noop-worker --connect SOCKET`, or as a child of the runner.
@main
enum Main {
    static func main() {
        WorkerHost.run(name: "noop", capacity: 64, plain: [Noop()])
    }
}

struct Noop: PlainWorkload {
    static let kind = "noop"
    static let summary = "does nothing, for benchmarks"

    struct Params: JSONDecodable, Sendable {
        init(from json: inout JSONReader) throws(JSONError) { try json.skip() }
    }

    struct Output: JSONEncodable, Sendable {
        func encode(to json: inout JSONWriter) { json.null() }
    }

    func process(_ params: Params, _ run: JobRun) async throws -> Output { Output() }
}
