import Glibc

/// How many descriptors this process may have open.
public enum OpenFiles {
    /// The bound that the process was started with, where it has raised it since.
    private static let inherited = Locked<UInt64?>(nil)

    /// The bound of now.
    public static var limit: Int { Int(clamping: bounds.soft) }

    /// Raises the bound as far as this process may. Its children get the one that it was started with, for there are programs
    /// that cannot handle a descriptor above 1023 (select(2)).
    public static func raiseLimit() throws(SystemError) {
        let now = bounds
        guard now.soft < now.hard else { return }
        var limit = rlimit(rlim_cur: rlim_t(now.hard), rlim_max: rlim_t(now.hard))
        guard setrlimit(resource, &limit) == 0 else {
            throw SystemError(number: errno, call: "setrlimit RLIMIT_NOFILE")
        }
        inherited.withLock { $0 = $0 ?? now.soft }
    }

    /// What a child is given for which nothing else is said; nil leaves it as it is.
    static var childLimit: ChildLaunch.Limit? {
        inherited.withLock { $0 }.map { .init(.openFiles, soft: $0, hard: bounds.hard) }
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    private static var bounds: (soft: UInt64, hard: UInt64) {
        var limit = rlimit()
        getrlimit(resource, &limit)
        return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
    }
}
