import Glibc

/// A new folder of its own, removed with all it holds when the object goes.
///
/// `MILLRACE_KEEP_TEMPORARY=1` keeps it, to look at what a failed test left.
public final class TemporaryDirectory: Sendable {
    /// Absolute, without a slash at the end; short enough that a Unix socket in it has a legal name.
    public let path: String

    public init(_ prefix: String = "millrace-test") {
        let base = environment("TMPDIR") ?? "/tmp"
        var template = Array("\(base)/\(prefix).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            fatalError("mkdtemp in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The path of something in the folder.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file in the folder and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) -> String {
        write(Array(text.utf8), to: name)
    }

    /// Writes a file in the folder and returns its path.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) -> String {
        let path = file(name)
        let stream = fopen(path, "w")
        precondition(stream != nil, "cannot write \(path)")
        bytes.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, stream) }
        fclose(stream)
        return path
    }

    /// Makes a file that is there and that nobody can read, root included: it leads to itself.
    public func makeUnreadable(_ name: String) {
        precondition(symlink(name, file(name)) == 0, "cannot make \(file(name))")
    }

    deinit {
        if environment("MILLRACE_KEEP_TEMPORARY") == nil { removeTree(path) }
    }
}

/// The bytes of a file; nil where it cannot be read.
public func contents(of path: String) -> [UInt8]? {
    guard let stream = fopen(path, "r") else { return nil }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, stream)
        if count == 0 { return bytes }
        bytes.append(contentsOf: buffer[..<count])
    }
}

/// The text of a file; nil where it cannot be read.
public func text(of path: String) -> String? {
    contents(of: path).map { String(decoding: $0, as: UTF8.self) }
}

/// Writes a file anew.
public func writeFile(_ bytes: [UInt8], to path: String) throws {
    guard let stream = fopen(path, "w") else { throw TestFailure("cannot write \(path)") }
    fwrite(bytes, 1, bytes.count, stream)
    fclose(stream)
}

/// Writes a file anew.
public func writeFile(_ text: String, to path: String) throws { try writeFile(Array(text.utf8), to: path) }

/// Removes a file or a folder with all it holds; symbolic links are not followed.
public func removeTree(_ path: String) {
    guard unlink(path) != 0, let folder = opendir(path) else { return }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    closedir(folder)
    for name in names { removeTree(path + "/" + name) }
    rmdir(path)
}
