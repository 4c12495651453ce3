import Glibc

/// The processes of the machine as /proc shows them: those that this process may see.
public enum ProcessTable {
    public struct Entry: Hashable, Sendable {
        public var pid: Int32
        public var parent: Int32
        public var group: Int32
        public var session: Int32
        /// Ended, but not reaped by its parent.
        public var isZombie: Bool
        public var isStopped: Bool
        /// When it was started, in the kernel's ticks since boot: together with the pid it names a process for ever.
        public var started: UInt64
    }

    /// All processes, by pid. It takes some ten microseconds for each of them.
    public static func all() -> [Int32: Entry] {
        var entries: [Int32: Entry] = [:]
        guard let folder = opendir("/proc") else { return entries }
        defer { closedir(folder) }
        while let item = readdir(folder) {
            if let pid = number(of: item), let entry = entry(of: pid) { entries[pid] = entry }
        }
        return entries
    }

    /// Nil when there is none of that pid.
    public static func entry(of pid: Int32) -> Entry? {
        read("/proc/\(pid)/stat", limit: 4096).flatMap { parse($0) }
    }

    /// Our own children, zombies included. Cheap where the kernel keeps lists of children, as those of distributions
    /// do; else as costly as ``all()``.
    static func children() -> [Entry] {
        let own = getpid()
        guard keepsLists else { return all().values.filter { $0.parent == own } }
        var children: [Entry] = []
        guard let folder = opendir("/proc/self/task") else { return children }
        defer { closedir(folder) }
        while let item = readdir(folder) {
            guard let thread = number(of: item) else { continue }
            let text = read("/proc/self/task/\(thread)/children", limit: 1 << 20) ?? []
            for word in text.split(separator: UInt8(ascii: " ")) {
                if let pid = Int32(String(decoding: word, as: UTF8.self)), let entry = entry(of: pid) {
                    children.append(entry)
                }
            }
        }
        return children
    }

    private static let keepsLists = Files.exists("/proc/self/task/\(getpid())/children")

    /// The most memory that a process has held resident since it executed its program; nil when it has ended.
    public static func peakBytes(of pid: Int32) -> Int64? {
        guard let text = read("/proc/\(pid)/status", limit: 16_384) else { return nil }
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "VmHWM:".utf8) {
            let digits = line.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            return Int64(String(decoding: digits, as: UTF8.self)).map { $0 * 1024 }
        }
        return nil
    }

    /// The value of a variable the process was started with; nil when it has none or that is not to be seen.
    static func variable(_ name: String, of pid: Int32) -> String? {
        let prefix = Array("\(name)=".utf8)
        return environment(of: pid)?.first { $0.starts(with: prefix) }
            .map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
    }

    private static func environment(of pid: Int32) -> [ArraySlice<UInt8>]? {
        // In the midst of an execve(2) a process shows neither variables nor, but for the last moment, arguments. It is looked
        // at again, for a tenth of a second at most.
        var looks = 0
        while true {
            guard let variables = read("/proc/\(pid)/environ", limit: 4 << 20) else { return nil }
            if !variables.isEmpty { return variables.split(separator: 0) }
            looks += 1
            let hasArguments = read("/proc/\(pid)/cmdline", limit: 4 << 20)?.isEmpty == false
            guard looks < (hasArguments ? 20 : 500), entry(of: pid)?.isZombie == false else { return [] }
            usleep(200)
        }
    }

    /// A line of /proc/PID/stat: see proc_pid_stat(5).
    static func parse(_ line: [UInt8]) -> Entry? {
        // The name between the parentheses may hold blanks and parentheses itself.
        guard let open = line.firstIndex(of: UInt8(ascii: " ")),
            let close = line.lastIndex(of: UInt8(ascii: ")")),
            let pid = Int32(String(decoding: line[..<open], as: UTF8.self)), close + 2 < line.count
        else { return nil }
        let fields = line[(close + 2)...].split(separator: UInt8(ascii: " "))
        func field<Number: FixedWidthInteger>(_ index: Int) -> Number? {
            index < fields.count ? Number(String(decoding: fields[index], as: UTF8.self)) : nil
        }
        guard let state = fields.first?.first, let parent: Int32 = field(1),
            let group: Int32 = field(2),
            let session: Int32 = field(3), let started: UInt64 = field(19)
        else { return nil }
        return Entry(
            pid: pid, parent: parent, group: group, session: session,
            isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"),
            isStopped: state == UInt8(ascii: "T"), started: started)
    }

    private static func number(of item: UnsafeMutablePointer<dirent>) -> Int32? {
        withUnsafePointer(to: &item.pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                guard name[0] >= 48, name[0] <= 57 else { return nil }
                return Int32(atoi(name))
            }
        }
    }

    /// Nil when it is not there, not to be read, or longer.
    private static func read(_ path: String, limit: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: min(limit, 4096)) { buffer, initialized in
                count = Glibc.read(file, buffer.baseAddress, buffer.count)
                initialized = max(0, count)
            }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += chunk
        }
        return bytes
    }
}
