import Foundation

/// Watches the system calls of a running process, with the names of the files they are about.
final class Strace {
    private let process: Process

    /// Returns when all threads of the process are watched.
    init(pid: Int32, calls: String, output: String) throws {
        process = try Command("strace", ["-f", "-y", "-e", "trace=\(calls)", "-o", output, "-p", "\(pid)"]).process()
        let messages = Pipe()
        process.standardError = messages
        try process.run()
        var text = ""
        while !text.contains("attached") {
            let data = messages.fileHandleForReading.availableData
            guard !data.isEmpty else { throw BenchmarkError("strace: \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
    }

    func stop() {
        process.interrupt()
        process.waitUntilExit()
    }
}
