import Linux

/// Messages to the service manager at $NOTIFY_SOCKET; without one nothing is sent and false is answered.
public enum Notify {
    /// The service can serve.
    @discardableResult
    public static func ready(status: String? = nil) -> Bool {
        send([("READY", "1")] + statusField(status))
    }

    /// The service has begun to end.
    @discardableResult
    public static func stopping(status: String? = nil) -> Bool {
        send([("STOPPING", "1")] + statusField(status))
    }

    /// The service has begun to read its settings again; ``ready(status:)`` ends that.
    @discardableResult
    public static func reloading() -> Bool {
        send([("RELOADING", "1"), ("MONOTONIC_USEC", String(SystemTime().monotonic().microseconds))])
    }

    /// What `systemctl status` shows: one line.
    @discardableResult
    public static func status(_ status: String) -> Bool { send(statusField(status)) }

    /// The service is alive; due at least every ``Watchdog/interval()``.
    @discardableResult
    public static func watchdog() -> Bool { send([("WATCHDOG", "1")]) }

    /// Start or stop takes at least so long from now on.
    @discardableResult
    public static func extendTimeout(by duration: Duration) -> Bool {
        send([("EXTEND_TIMEOUT_USEC", String(duration.microseconds))])
    }

    private static func statusField(_ status: String?) -> [(String, String)] {
        status.map { [("STATUS", $0)] } ?? []
    }

    /// A line end within a value would begin another field, so it becomes a space.
    private static func send(_ fields: [(name: String, value: String)]) -> Bool {
        let lines = fields.map { field in
            "\(field.name)=\(String(field.value.map { $0.isNewline ? " " : $0 }))"
        }
        guard let name = Environment["NOTIFY_SOCKET"], !name.isEmpty else { return false }
        do throws(SystemError) {
            try DatagramSocket().send(Array(lines.joined(separator: "\n").utf8), to: name)
            return true
        } catch {
            return false
        }
    }
}
