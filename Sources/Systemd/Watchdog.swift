import Glibc
import Linux

/// What the service manager expects of a service with WatchdogSec=.
public enum Watchdog {
    /// A service silent for so long is killed; nil when nobody watches this process.
    public static func interval() -> Duration? {
        guard let microseconds = Environment["WATCHDOG_USEC"].flatMap({ UInt64($0) }), microseconds > 0 else {
            return nil
        }
        if let pid = Environment["WATCHDOG_PID"], pid_t(pid) != getpid() { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }
}
