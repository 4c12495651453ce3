import Logging
import MillraceRPC

/// The settings that every service has.
struct HostConfiguration: ServiceConfiguration {
    var logLevel = Logger.Level.info
    var drain = Duration.seconds(30)
    var publish = Duration.seconds(15)
    var group = "millrace"
    var adminGroup = "millrace-admin"
    var limits = RPCLimits()

    static let keys: [ConfigurationKey<Self>] = [
        .init("Service", "LogLevel", \.logLevel, .choice, "What is logged, from here upwards."),
        .init(
            "Service", "DrainSec", \.drain, .span(0...600),
            "How long what is in flight may go on when the service is told to stop."),
        .init(
            "Service", "PublishSec", \.publish, .span(1...3600),
            "How often figures go to the metrics service."),
        .init("Service", "Group", \.group, .text, "The group whose members may read and write."),
        .init("Service", "AdminGroup", \.adminGroup, .text, "The group whose members may do everything."),
        .init(
            "Limits", "MaximumFrame", \.limits.maximumFrame, .bytes(1024...1 << 30), "The largest message."),
        .init("Limits", "Depth", \.limits.depth, .integer(8...512), "How deep a message's values may nest."),
        .init("Limits", "BatchEntries", \.limits.batchEntries, .integer(1...1_000_000), "Requests in one batch."),
        .init(
            "Limits", "InFlightPerConnection", \.limits.inFlightPerConnection, .integer(1...1_000_000),
            "Requests of one connection that run at the same time."),
        .init("Limits", "Connections", \.limits.connections, .integer(1...100_000), "Connections in all."),
        .init(
            "Limits", "ConnectionsPerUser", \.limits.connectionsPerUser, .integer(1...100_000),
            "Connections of one user."),
        .init(
            "Limits", "InputInAll", \.limits.inputBytes, .bytes(1 << 20...1 << 40),
            "What may be held of messages that have not come whole, of all connections together."),
        .init(
            "Limits", "OutputPerConnection", \.limits.outputBytesPerConnection, .bytes(4096...1 << 32),
            "What may wait for a caller who does not read."),
        .init(
            "Limits", "OutputInAll", \.limits.outputBytes, .bytes(1 << 20...1 << 40),
            "What may wait for callers who do not read, of all connections together."),
        .init(
            "Limits", "SlowReaderSec", \.limits.slowReader, .span(1...3600),
            "A caller who takes nothing for so long, while something waits for it, is disconnected."),
    ]

    /// The settings of `other` that hold only from the next start on.
    func changesForNextStart(_ other: HostConfiguration) -> [String] {
        var changes: [String] = []
        if limits != other.limits { changes.append("[Limits]") }
        if group != other.group { changes.append("Group") }
        if adminGroup != other.adminGroup { changes.append("AdminGroup") }
        return changes
    }
}

/// A service's settings together with those of its host.
struct HostedConfiguration<Service: ServiceConfiguration>: Sendable {
    var host = HostConfiguration()
    var service = Service()

    static var keys: [ConfigurationKey<Self>] {
        Service.keys.map { $0.within(\.service) } + HostConfiguration.keys.map { $0.within(\.host) }
    }
}
