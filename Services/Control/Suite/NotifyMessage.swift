/// What a service tells its starter by `sd_notify`: lines of `NAME=value`.
struct NotifyMessage: Hashable, Sendable {
    var isReady = false
    var isStopping = false
    /// The service's own words about how it is.
    var status: String?

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            switch line {
            case "READY=1": isReady = true
            case "STOPPING=1": isStopping = true
            default:
                if line.hasPrefix("STATUS=") { status = String(line.dropFirst("STATUS=".count)) }
            }
        }
    }
}
