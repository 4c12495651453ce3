import Glibc

/// What another process has used so far.
public enum ProcessClock {
    /// User and system time of all its threads; nil when there is no such process.
    public static func used(by pid: Int32) -> Duration? {
        // A process's CPU clock is the complement of its id above three bits for the kind of clock: clock_getcpuclockid(3).
        var clock = clockid_t()
        guard clock_getcpuclockid(pid, &clock) == 0 else { return nil }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// The most memory that was resident at one time: `VmHWM` of proc(5).
    public static func peakBytes(of pid: Int32) -> Int64? {
        guard let status = try? Files.read("/proc/\(pid)/status") else { return nil }
        for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "VmHWM:".utf8) {
            let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return Int64(String(decoding: digits, as: UTF8.self)).map { $0 * 1024 }
        }
        return nil
    }
}
