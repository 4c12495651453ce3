import Glibc
import Linux

/// Reads the suite's log with its older files, and on as it grows.
struct LogReader {
    /// How often a growing file is looked at.
    static let pause = Duration.milliseconds(200)

    let path: String

    /// The last `count` lines that are wanted, or all, from the oldest file on. The files of the moment count, even if
    /// they are turned over meanwhile.
    func read(last count: Int?, where isWanted: (String) -> Bool, _ line: (String) -> Void) throws(SystemError) {
        var kept = LastLines(count: count)
        for file in try openAll() {
            try Self.read(file) { text in if isWanted(text) { kept.add(text, or: line) } }
        }
        kept.lines.forEach(line)
    }

    /// The last `count` lines there are that are wanted, then each wanted line as it comes, for ever; with a `count` of
    /// nil all that are there.
    func follow(last count: Int?, where isWanted: (String) -> Bool, _ line: (String) -> Void) throws(SystemError) {
        let files = try openAll()
        var kept = LastLines(count: count)
        for file in files.dropLast() {
            try Self.read(file) { text in if isWanted(text) { kept.add(text, or: line) } }
        }
        guard var current = files.last else { throw SystemError(number: ENOENT, call: "open \(path)") }
        var splitter = LineSplitter()
        while let bytes = try Self.chunk(current) {
            splitter.append(bytes) { text in if isWanted(text) { kept.add(text, or: line) } }
        }
        kept.lines.forEach(line)
        let line = { (text: String) in if isWanted(text) { line(text) } }
        while true {
            while let bytes = try Self.chunk(current) { splitter.append(bytes, line: line) }
            // What was still written before the file was turned over has been read; only then the new one is taken up.
            if Self.identity(current) != Self.identity(path), let next = try? Files.open(path) {
                while let bytes = try Self.chunk(current) { splitter.append(bytes, line: line) }
                splitter.finish(line: line)
                current = next
            } else {
                usleep(UInt32(Self.pause.microseconds))
            }
        }
    }

    private func openAll() throws(SystemError) -> [Descriptor] {
        var files: [Descriptor] = []
        for name in RotatingFile.files(of: path) {
            do {
                files.append(try Files.open(name))
            } catch {
                if error.number != ENOENT || (name == path && files.isEmpty) { throw error }
            }
        }
        return files
    }

    private static func read(_ file: Descriptor, _ line: (String) -> Void) throws(SystemError) {
        var splitter = LineSplitter()
        while let bytes = try chunk(file) { splitter.append(bytes, line: line) }
        splitter.finish(line: line)
    }

    private static func chunk(_ file: Descriptor) throws(SystemError) -> [UInt8]? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        let count = try file.read(into: buffer)
        return count == 0 ? nil : Array(buffer[..<count])
    }

    private static func identity(_ file: Descriptor) -> UInt64? {
        var status = stat()
        return fstat(file.raw, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    private static func identity(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}

/// Keeps the last lines, or passes all on at once when no number is given.
private struct LastLines {
    let count: Int?
    private(set) var lines: [String] = []

    init(count: Int?) { self.count = count }

    mutating func add(_ text: String, or pass: (String) -> Void) {
        guard let count else { return pass(text) }
        lines.append(text)
        if lines.count > count { lines.removeFirst() }
    }
}
