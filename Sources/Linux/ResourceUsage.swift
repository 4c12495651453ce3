import CLinux
import Glibc

/// What a process and the children it waited for have used.
public struct ResourceUsage: Hashable, Sendable {
    /// CPU time in the program itself.
    public var userTime: Duration
    /// CPU time in the kernel for it.
    public var systemTime: Duration
    /// The most memory the process, or one of the children it waited for, has held resident; nil where the kernel's
    /// figure says nothing.
    ///
    /// The kernel counts the memory of whoever started the process as the process's own until it executes its program
    /// (`ru_maxrss` of getrusage(2)), so a figure no greater than our own peak then is of no worth. Below it,
    /// ``ProcessTable/peakBytes(of:)`` is asked while the process runs.
    public var peakBytes: Int64?

    public init(userTime: Duration = .zero, systemTime: Duration = .zero, peakBytes: Int64? = nil) {
        self.userTime = userTime
        self.systemTime = systemTime
        self.peakBytes = peakBytes
    }

    /// User and system time together.
    public var cpuTime: Duration { userTime + systemTime }

    /// The most that this process has held resident, in KiB.
    static var ownPeak: Int64 {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_maxrss)
    }
}

extension ResourceUsage {
    /// - Parameter floor: our own peak in KiB when the process was started.
    init(_ ending: millrace_ending, floor: Int64) {
        // The kernel's counters lag by some pages per processor.
        let slack: Int64 = 1024
        self.init(
            userTime: .microseconds(ending.user_microseconds),
            systemTime: .microseconds(ending.system_microseconds),
            peakBytes: ending.peak_kibibytes > floor + slack ? ending.peak_kibibytes * 1024 : nil)
    }
}
