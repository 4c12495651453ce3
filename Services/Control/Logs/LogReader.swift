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
    func follow(last count: Int?, where isWanted: @escaping (String) -> Bool, _ line: @escaping (String) -> Void)
        throws(SystemError)
    {
        var tail = try tail(last: count, where: isWanted, line)
        while true {
            try tail.read { text in if isWanted(text) { line(text) } }
            usleep(UInt32(Self.pause.microseconds))
        }
    }

    /// The same for who asks by himself whether there is more.
    func tail(last count: Int?, where isWanted: (String) -> Bool, _ line: (String) -> Void) throws(SystemError)
        -> LogTail
    {
        let files = try openAll()
        var kept = LastLines(count: count)
        for file in files.dropLast() {
            try Self.read(file) { text in if isWanted(text) { kept.add(text, or: line) } }
        }
        guard let current = files.last else { throw SystemError(number: ENOENT, call: "open \(path)") }
        var tail = LogTail(path: path, file: current)
        try tail.readFile { text in if isWanted(text) { kept.add(text, or: line) } }
        kept.lines.forEach(line)
        return tail
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

    static func chunk(_ file: Descriptor) throws(SystemError) -> [UInt8]? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        let count = try file.read(into: buffer)
        return count == 0 ? nil : Array(buffer[..<count])
    }
}

/// The end of a log that grows, also while its file is turned over.
struct LogTail {
    let path: String
    private var file: Descriptor
    private var splitter = LineSplitter()

    init(path: String, file: Descriptor) {
        self.path = path
        self.file = file
    }

    /// Hands out what has come since the last time. Does not wait.
    mutating func read(_ line: (String) -> Void) throws(SystemError) {
        try readFile(line)
        // What was still written before the file was turned over has been read; only then the new one is taken up.
        guard Self.identity(file) != Self.identity(path), let next = try? Files.open(path) else { return }
        try readFile(line)
        splitter.finish(line: line)
        file = next
        try readFile(line)
    }

    /// What is in the file of the moment.
    mutating func readFile(_ line: (String) -> Void) throws(SystemError) {
        while let bytes = try LogReader.chunk(file) { splitter.append(bytes, line: line) }
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
