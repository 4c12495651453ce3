import CLinux

/// The C library's memory.
public enum Allocator {
    /// Keeps the memory of the process close to what is alive in it, for a process that promises a bound: one heap for all
    /// threads, so that what one of them gives back another takes; and blocks of 128 KiB or more mapped one by one, so that
    /// the kernel has them back at once. Each may cost a little time. To be called before there are threads.
    public static func holdTight() {
        millrace_hold_memory_tight()
    }
}
