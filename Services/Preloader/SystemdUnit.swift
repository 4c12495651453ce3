import Linux

/// The systemd unit that a process belongs to.
enum SystemdUnit {
    /// Nil when it belongs to none or is gone.
    static func of(process pid: Int32) -> String? {
        guard pid > 0, let bytes = try? Files.read("/proc/\(pid)/cgroup", limit: 65_536) else { return nil }
        return named(inGroups: String(decoding: bytes, as: UTF8.self))
    }

    /// Finds the unit in the text of proc(5)'s `cgroup`: of the unified hierarchy, else of systemd's own; in the path the
    /// innermost service or scope.
    static func named(inGroups text: String) -> String? {
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        let line =
            lines.first { $0.count == 3 && $0[0] == "0" && $0[1].isEmpty && $0[2] != "/" }
            ?? lines.first { $0.count == 3 && $0[1] == "name=systemd" }
        guard let line else { return nil }
        let unit = line[2].split(separator: "/").last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }
        return unit.map { String($0.prefix(255)) }
    }
}
