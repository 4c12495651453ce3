import MillraceService

/// The settings of the metrics service; ``keys`` is their parser, their defaults and their reference.
struct MetricsConfiguration: ServiceConfiguration {
    /// Where the page is on 127.0.0.1 when systemd hands over no socket for it.
    var port = 9464
    /// How often alerts are judged.
    var tick = Duration.seconds(15)
    /// A service that published nothing for so long is silent.
    var stale = Duration.seconds(45)
    /// One that published nothing for so long is gone.
    var gone = Duration.seconds(300)
    /// Bytes of the history.
    var history = 256 << 20
    /// The folder with alerts of one's own; empty for the usual one.
    var alerts = ""
    /// A file of certificates in PEM; empty for none.
    var trusted = ""

    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "Web", "Port", \.port, .integer(0...65_535),
            "Where the page is on 127.0.0.1 when systemd hands over no socket for it; any free one where it is taken, or 0."
        ),
        .init(
            "Web", "TrustedCertificates", \.trusted, .text,
            "A file of certificates in PEM that hooks of alerts are trusted by besides the system's."),
        .init("Alerts", "TickSec", \.tick, .span(1...60), "How often alerts are judged."),
        .init(
            "Alerts", "AlertFolder", \.alerts, .text,
            "The folder with alerts of your own. Empty: alerts.d in /etc/millrace or etc of the suite's folder."),
        .init("Publishers", "StaleSec", \.stale, .span(2...3600), "Who published nothing for so long is silent."),
        .init(
            "Publishers", "GoneSec", \.gone, .span(3...86_400),
            "Who published nothing for so long is gone: what it counted stays, its gauges go."),
        .init("History", "HistoryBytes", \.history, .bytes(1 << 20...1 << 40), "What the history may take on disk."),
    ]

    func problems() -> [String] {
        gone > stale ? [] : ["[Publishers] GoneSec has to be more than StaleSec"]
    }
}
