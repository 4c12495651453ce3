import Foundation

/// What processes use, as the kernel counts it.
enum Usage {
    /// User and system time of a process so far, in seconds, to a hundredth.
    static func processor(of pid: Int32) throws -> Double {
        let fields = try stat(pid)
        guard let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw BenchmarkError("/proc/\(pid)/stat does not read")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The same to a nanosecond.
    static func exactProcessor(of pid: Int32) throws -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw BenchmarkError("process \(pid) has no clock")
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Resident memory in MiB.
    static func resident(of pid: Int32) throws -> Double {
        guard let pages = Double(try stat(pid)[21]) else { throw BenchmarkError("/proc/\(pid)/stat does not read") }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }

    /// The fields after the name.
    private static func stat(_ pid: Int32) throws -> [Substring] {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        guard let name = text.lastIndex(of: ")") else { throw BenchmarkError("/proc/\(pid)/stat does not read") }
        return text[text.index(after: name)...].split(separator: " ")
    }
}
