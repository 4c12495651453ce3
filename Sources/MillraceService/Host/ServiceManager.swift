import Linux
import Systemd

/// The way to who watches over the process.
struct ServiceManager: Sendable {
    enum Message: Equatable {
        case ready(status: String?)
        case reloading
        case status(String)
        /// Not started yet, and not for so long from now.
        case starting(within: Duration)
        /// It takes no longer than this.
        case stopping(status: String, within: Duration)
        /// The watchdog's beat.
        case alive
    }

    /// A process silent for so long is killed; nil when nobody watches.
    let watchdog: Duration?
    let send: @Sendable (Message) -> Void

    /// Whoever started the process, by the variables that systemd sets.
    static var systemd: ServiceManager {
        ServiceManager(watchdog: Watchdog.interval()) { message in
            switch message {
            case .ready(let status): Notify.ready(status: status)
            case .reloading: Notify.reloading()
            case .status(let line): Notify.status(line)
            case .starting(let limit): Notify.extendTimeout(by: limit)
            case .stopping(let status, let limit):
                Notify.stopping(status: status)
                Notify.extendTimeout(by: limit)
            case .alive: Notify.watchdog()
            }
        }
    }
}
