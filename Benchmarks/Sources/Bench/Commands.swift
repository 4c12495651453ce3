import Foundation

/// Why a benchmark could not be measured.
struct BenchmarkError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A program and how it is to be started.
struct Command {
    var program: String
    var arguments: [String]
    var environment: [String: String] = [:]
    /// The core it has to stay on; any when nil.
    var core: Int?
    /// Whether it is told to end when the benchmarks do, even by a crash.
    var endsWithUs = false

    init(_ program: String, _ arguments: [String] = [], environment: [String: String] = [:], core: Int? = nil) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.core = core
    }

    func process() throws -> Process {
        let process = Process()
        var line = [try Command.path(of: program)] + arguments
        if endsWithUs { line = [try Command.path(of: "setpriv"), "--pdeathsig", "TERM"] + line }
        if let core { line = [try Command.path(of: "taskset"), "-c", "\(core)"] + line }
        process.executableURL = URL(fileURLWithPath: line[0])
        process.arguments = Array(line.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs to the end and returns standard output; throws unless the exit status is 0.
    @discardableResult
    func output() throws -> String {
        let process = try process()
        let output = Pipe()
        process.standardOutput = output
        // To a file, so that neither stream can fill up while the other is read.
        let complaints = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID()).log")
        try Data().write(to: complaints)
        defer { try? FileManager.default.removeItem(at: complaints) }
        process.standardError = try FileHandle(forWritingTo: complaints)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let said = String(decoding: try Data(contentsOf: complaints), as: UTF8.self)
            let how = process.terminationReason == .exit ? "with status" : "by signal"
            throw BenchmarkError("\(program) ended \(how) \(process.terminationStatus): \(said.lastLines)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Runs to the end and decodes the last line of standard output.
    func result<T: Decodable>(_: T.Type = T.self) throws -> T {
        let text = try output()
        guard let line = text.split(separator: "\n").last else { throw BenchmarkError("\(program) printed nothing") }
        return try JSONDecoder().decode(T.self, from: Data(line.utf8))
    }

    /// Where a program is: as given when it has a slash, else by the path and the folders Debian keeps servers in.
    static func path(of program: String) throws -> String {
        guard let path = find(program) else { throw BenchmarkError("\(program) is not installed") }
        return path
    }

    static func find(_ program: String) -> String? {
        if program.contains("/") { return program }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        return folders.map { "\($0)/\(program)" }.first(where: FileManager.default.isExecutableFile)
    }
}

extension String {
    /// What a program said last, in one line; "it said nothing" when that is so.
    fileprivate var lastLines: String {
        let lines = split(whereSeparator: \.isNewline).suffix(5)
        return lines.isEmpty ? "it said nothing" : lines.joined(separator: " | ")
    }
}

/// What the C programs print after a run.
struct LoadResult: Decodable {
    var requests: Double
    var seconds: Double
    /// Requests a second.
    var rate: Double
    /// Microseconds.
    var p50: Double
    var p99: Double
    var p999: Double
}

/// A server that runs while its figures are measured.
final class Daemon {
    let process: Process
    private let name: String

    /// Starts it and waits until `socket` takes connections.
    init(_ command: Command, log: String, socket: String? = nil) throws {
        name = command.program
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = FileHandle(forWritingAtPath: log)
        var command = command
        command.endsWithUs = true
        process = try command.process()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        if let socket { try awaitAnswer(at: socket) }
    }

    var pid: Int32 { process.processIdentifier }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    private func awaitAnswer(at socket: String) throws {
        for _ in 0..<1000 {
            if canConnect(to: socket) { return }
            guard process.isRunning else { break }
            usleep(10_000)
        }
        stop()
        throw BenchmarkError("\(name) does not answer at \(socket)")
    }

    private func canConnect(to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
