import MillraceService

/// The runner's settings; ``keys`` is their parser, their defaults and their reference.
struct RunnerConfiguration: ServiceConfiguration {
    /// Jobs that run at once.
    var jobs = 32
    /// Calls to workers at once, over all jobs.
    var calls = 128
    /// Items of one job that run at once where its plan does not say.
    var slots = 5
    /// Jobs that may be waiting or running; the next submission is refused.
    var backlog = 1_000_000
    /// Commands of worker processes that the runner starts and keeps alive.
    var workerCommands: [String] = ["millrace-backoffice"]

    static let keys: [ConfigurationKey<Self>] = [
        .init("Pool", "Jobs", \.jobs, .integer(1...10_000), "Jobs that run at once."),
        .init("Pool", "Calls", \.calls, .integer(1...10_000), "Calls to workers at once, over all jobs."),
        .init("Pool", "Slots", \.slots, .integer(1...20), "Items of one job at once where its plan does not say."),
        .init(
            "Queue", "Backlog", \.backlog, .integer(1...1_000_000_000),
            "Jobs that may be waiting or running; the next one is refused."),
        .init(
            "Workers", "Commands", \.workerCommands, .list,
            "Worker processes to start and keep alive; a name without a slash is looked for beside the runner."),
    ]
}
