import Glibc
import Linux

/// A log file with a bound: when it is full it becomes `.1`, `.1` becomes `.2`, and the oldest goes.
struct RotatingFile: ~Copyable {
    let path: String
    /// The file is turned over before a line would make it longer than this many bytes.
    let limit: Int
    /// How many full files are kept beside the current one.
    let kept: Int
    private var file: Descriptor
    private var size: Int

    init(path: String, limit: Int = 16 << 20, kept: Int = 3) throws(SystemError) {
        self.path = path
        self.limit = limit
        self.kept = kept
        file = try Files.openForAppending(path)
        size = Self.length(file)
    }

    /// Appends a line and its end. After an error the next line is tried again.
    mutating func write(_ line: String) throws(SystemError) {
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        if size > 0, size + bytes.count > limit { try turnOver() }
        try file.writeAll(bytes)
        size += bytes.count
    }

    /// The files from the oldest to the current one, whether they exist or not.
    static func files(of path: String, kept: Int = 3) -> [String] {
        (1...kept).reversed().map { "\(path).\($0)" } + [path]
    }

    private mutating func turnOver() throws(SystemError) {
        let files = Self.files(of: path, kept: kept)
        for (older, newer) in zip(files, files.dropFirst()) where Files.exists(newer) {
            try Files.rename(newer, to: older)
        }
        file = try Files.openForAppending(path)
        size = Self.length(file)
    }

    private static func length(_ file: Descriptor) -> Int {
        var status = stat()
        return fstat(file.raw, &status) == 0 ? Int(status.st_size) : 0
    }
}
