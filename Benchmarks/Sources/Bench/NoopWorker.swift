import Foundation

/// Requests for jobs of the kind `noop`.
enum NoopJob {
    static let submit = #"{"jsonrpc":"2.0","id":ID,"method":"job.submit","params":{"kind":"noop","params":{"n":1}}}"#

    /// One whose worker can tell how long it took to get there.
    static let stamped =
        #"{"jsonrpc":"2.0","id":ID,"method":"job.submit","params":{"kind":"noop","params":{"sent":"NOW"}}}"#

    static func batch(_ count: Int, params: String = #"{"n":1}"#) -> String {
        let jobs = Array(repeating: #"{"kind":"noop","params":\#(params)}"#, count: count).joined(separator: ",")
        return #"{"jsonrpc":"2.0","id":ID,"method":"job.submitBatch","params":{"jobs":[\#(jobs)]}}"#
    }
}

/// A process that works for a runner by doing nothing.
final class NoopWorker {
    private let process: Process
    private let output = Pipe()

    enum Make {
        /// The least a worker can be, in C.
        case least
        /// One made with the library.
        case library
    }

    init(_ bench: Bench, _ make: Make, for runner: Runner, capacity: Int = 64) throws {
        var command =
            switch make {
            case .least: Command(bench.floor("noop_worker"), [runner.socket, "noop", "\(capacity)"])
            case .library: Command(try bench.product("noop-worker"), ["--connect", runner.socket])
            }
        command.endsWithUs = true
        process = try command.process()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try runner.awaitNoop()
    }

    var pid: Int32 { process.processIdentifier }

    /// Ends it; what it has noted of how long stamped jobs took from submit to start.
    @discardableResult
    func stop() throws -> LoadResult? {
        process.terminate()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").last
        return try line.map { try JSONDecoder().decode(LoadResult.self, from: Data($0.utf8)) }
    }
}
