import Linux
import Systemd

/// The way to who watches over the process.
struct ServiceManager: Sendable {
    enum Message: Equatable {
        case ready(status: String?)
        case reloading
        case status(String)
        case stopping(status: String)
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
            case .stopping(let status): Notify.stopping(status: status)
            case .alive: Notify.watchdog()
            }
        }
    }
}
