import CLinux
import Glibc

/// The few operations on files and directories that the suite needs.
public enum Files {
    public enum Kind: Sendable { case file, directory, socket, link, other }

    /// The whole file. `limit` bounds what is read: one byte more is EFBIG.
    public static func read(_ path: String, limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
        let file = Descriptor(try retrying("open \(path)") { millrace_open(path, O_RDONLY, 0) })
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try retrying("read \(path)") { Glibc.read(file.raw, buffer.baseAddress, buffer.count) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > limit { throw SystemError(number: EFBIG, call: "read \(path)") }
        }
    }

    /// The whole file as text; bytes that are no UTF-8 are EILSEQ.
    public static func readText(_ path: String, limit: Int = 1 << 30) throws(SystemError) -> String {
        guard let text = String(validating: try read(path, limit: limit), as: UTF8.self) else {
            throw SystemError(number: EILSEQ, call: "read \(path)")
        }
        return text
    }

    /// Puts `bytes` at `path` whole or not at all, on disk when this returns.
    public static func write(
        _ path: String, _ bytes: some Collection<UInt8>, mode: UInt32 = 0o644
    ) throws(SystemError) {
        let temporary = "\(parent(path))/.\(name(path)).\(Identifier.random())"
        let flags = O_WRONLY | O_CREAT | O_EXCL
        let file = Descriptor(try retrying("open \(temporary)") { millrace_open(temporary, flags, mode) })
        do {
            try file.writeAll(Array(bytes))
            try retrying("fsync \(temporary)") { fsync(file.raw) }
            try rename(temporary, to: path)
        } catch {
            _ = unlink(temporary)
            throw error
        }
        try synchronize(parent(path))
    }

    /// As the other `write`, for text.
    public static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(SystemError) {
        try write(path, Array(text.utf8), mode: mode)
    }

    /// Opens for appending, creating it when it is not there.
    public static func openForAppending(_ path: String, mode: UInt32 = 0o640) throws(SystemError) -> Descriptor {
        Descriptor(try retrying("open \(path)") { millrace_open(path, O_WRONLY | O_CREAT | O_APPEND, mode) })
    }

    /// Opens for reading.
    public static func open(_ path: String) throws(SystemError) -> Descriptor {
        Descriptor(try retrying("open \(path)") { millrace_open(path, O_RDONLY, 0) })
    }

    /// fsync of a file or directory.
    public static func synchronize(_ path: String) throws(SystemError) {
        let file = try open(path)
        try retrying("fsync \(path)") { fsync(file.raw) }
    }

    public static func rename(_ path: String, to new: String) throws(SystemError) {
        try retrying("rename \(path) to \(new)") { Glibc.rename(path, new) }
    }

    public static func exists(_ path: String) -> Bool { kind(path) != nil }

    /// What is at `path`, links not followed; nil when there is nothing or it cannot be seen.
    public static func kind(_ path: String) -> Kind? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFSOCK: return .socket
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// Bytes of a file, links followed.
    public static func size(_ path: String) throws(SystemError) -> Int64 {
        var status = stat()
        try retrying("stat \(path)") { stat(path, &status) }
        return Int64(status.st_size)
    }

    /// Makes the directory and, with `parents`, those above it; one that is there already is kept as it is.
    public static func makeDirectory(
        _ path: String, mode: UInt32 = 0o755, parents: Bool = true
    ) throws(SystemError) {
        if mkdir(path, mode) == 0 { return }
        let number = errno
        if number == EEXIST {
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        }
        guard number == ENOENT, parents, parent(path) != path else {
            throw SystemError(number: number == EEXIST ? ENOTDIR : number, call: "mkdir \(path)")
        }
        try makeDirectory(parent(path), mode: mode, parents: true)
        try makeDirectory(path, mode: mode, parents: false)
    }

    /// Removes a file or socket; one that is not there is ENOENT.
    public static func remove(_ path: String) throws(SystemError) {
        try retrying("unlink \(path)") { unlink(path) }
    }

    /// Removes whatever is at `path`, a directory with all that is in it; links are not followed.
    /// Nothing there is no error.
    public static func removeTree(_ path: String) throws(SystemError) {
        switch kind(path) {
        case nil: return
        case .directory:
            for name in try list(path) { try removeTree("\(path)/\(name)") }
            try retrying("rmdir \(path)") { rmdir(path) }
        default: try remove(path)
        }
    }

    /// The names in a directory, sorted, without "." and "..".
    public static func list(_ directory: String) throws(SystemError) -> [String] {
        guard let stream = opendir(directory) else { throw SystemError(errno: "opendir \(directory)") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The path as seen from the root, without looking at what is there.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let buffer = getcwd(nil, 0) else { return path }
        defer { free(buffer) }
        let directory = String(cString: buffer)
        return path.isEmpty || path == "." ? directory : "\(directory)/\(path)"
    }

    /// The last part of a path.
    public static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// All but the last part: "/" for "/x", "." for "x".
    public static func parent(_ path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        if path.hasPrefix("/") { return "/" + parts.joined(separator: "/") }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
