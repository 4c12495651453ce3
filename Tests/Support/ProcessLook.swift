import Glibc

/// What `/proc` says of a process.
public enum ProcessLook {
    /// Whether it is there and not a zombie.
    public static func isAlive(_ pid: pid_t) -> Bool {
        guard let state = state(pid) else { return false }
        return state != "Z" && state != "X"
    }

    /// The letter of its state, `T` for stopped; nil where it is not there.
    public static func state(_ pid: pid_t) -> Character? { state(in: "/proc/\(pid)") }

    /// Whether all its threads are stopped. The one that gets the signal stops the others, and all run on until then.
    public static func isStopped(_ pid: pid_t) -> Bool {
        let threads = names(in: "/proc/\(pid)/task").filter { $0.first?.isNumber == true }
        return !threads.isEmpty && threads.allSatisfy { state(in: "/proc/\(pid)/task/\($0)") == "T" }
    }

    private static func state(in folder: String) -> Character? {
        guard let line = text(of: "\(folder)/stat"), let end = line.lastIndex(of: ")") else { return nil }
        return line[line.index(after: end)...].first { $0 != " " }
    }

    /// What its open descriptors are, by number.
    public static func descriptors(_ pid: pid_t) -> [Int: String] {
        var found: [Int: String] = [:]
        for name in names(in: "/proc/\(pid)/fd") {
            guard let number = Int(name) else { continue }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink("/proc/\(pid)/fd/\(name)", &buffer, buffer.count)
            guard count > 0 else { continue }
            found[number] = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return found
    }

    /// Bytes of memory that it has in use, code included.
    public static func residentBytes(_ pid: pid_t) -> Int? {
        let pages = text(of: "/proc/\(pid)/statm")?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return pages.map { $0 * Int(getpagesize()) }
    }

    /// Processes that bear this text in their environment or among their words, but for the one that asks.
    public static func bearing(_ mark: String) -> [pid_t] {
        names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
            pid != getpid() && isAlive(pid)
                && ((text(of: "/proc/\(pid)/environ") ?? "").contains(mark)
                    || (text(of: "/proc/\(pid)/cmdline") ?? "").contains(mark))
        }
    }

    /// Its children and theirs.
    public static func descendants(of parent: pid_t) -> [pid_t] {
        let threads = names(in: "/proc/\(parent)/task")
        let children = threads.flatMap { thread in
            (text(of: "/proc/\(parent)/task/\(thread)/children") ?? "").split(separator: " ").compactMap { pid_t($0) }
        }
        return children + children.flatMap { descendants(of: $0) }
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
