import CSystemd
import Linux

/// What the service manager expects of a service with WatchdogSec=.
public enum Watchdog {
    /// A service silent for so long is killed; nil when nobody watches this process.
    public static func interval() -> Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }
}
