import CLinux
import Glibc

/// Calls its owner when the wall clock shows an instant, when somebody sets that clock, and when files change.
///
/// The kernel watches: an instant that a setting of the clock or a sleep of the machine has passed is told of at once.
public final class WallTimer: Sendable {
    public enum Event: Hashable, Sendable {
        case due
        case clockSet
        /// Files of watched directories, by their names without directory.
        case changed(names: [String])
    }

    private let handler: @Sendable (Event) -> Void
    private let poller: Poller
    private let timer: Descriptor
    private let notices: Descriptor
    private let watches: [Poller.Watch]

    /// - Parameter handler: called on the timer's own thread, and by ``set(_:)``; must not block.
    public init(_ name: String, _ handler: @escaping @Sendable (Event) -> Void) throws(SystemError) {
        let timer = Descriptor(try retrying("timerfd_create") { millrace_wall_timer() })
        let notices = Descriptor(try retrying("inotify_init") { millrace_notices() })
        let poller = try Poller(name)
        self.handler = handler
        self.poller = poller
        self.timer = timer
        self.notices = notices
        watches = [
            try poller.watch(timer.raw, .readable) { _ in
                switch Int(millrace_wall_timer_read(timer.raw)) {
                case Int(MILLRACE_TIMER_DUE): handler(.due)
                case Int(MILLRACE_TIMER_CLOCK_SET): handler(.clockSet)
                default: break
                }
            },
            try poller.watch(notices.raw, .readable) { _ in
                let names = Self.names(notices.raw)
                if !names.isEmpty { handler(.changed(names: names)) }
            },
        ]
        // A timer that was never set hears of no setting of the clock.
        try set(Int64.max / 2000)
    }

    deinit { for watch in watches { poller.cancel(watch) } }

    /// Awaits so many microseconds since the epoch, in place of what was awaited before.
    public func set(_ microseconds: Int64) throws(SystemError) {
        let timer = timer.raw
        do throws(SystemError) {
            try retrying("timerfd_settime") { millrace_wall_timer_set(timer, microseconds) }
        } catch {
            // The instant is awaited all the same, but this is the only word of a setting of the clock since the last.
            guard error.number == ECANCELED else { throw error }
            handler(.clockSet)
        }
    }

    /// Hears of files in the directory from now on.
    public func watch(_ directory: String) throws(SystemError) {
        let notices = notices.raw
        try retrying("inotify_add_watch \(directory)") { millrace_notices_watch(notices, directory) }
    }

    private static func names(_ notices: Int32) -> [String] {
        var buffer = [CChar](repeating: 0, count: 16_384)
        var names: [String] = []
        while case let count = Int(millrace_notices_read(notices, &buffer, Int32(buffer.count))), count > 0 {
            names += buffer[..<count].split(separator: 0).map { name in
                String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
        return names
    }
}
