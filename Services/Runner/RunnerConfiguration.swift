import MillraceService

/// The runner's settings; ``keys`` is their parser, their defaults and their reference.
struct RunnerConfiguration: ServiceConfiguration {
    /// Jobs that run at once.
    var jobs = 128
    /// Jobs of one user that run at once; 0 is no bound but that of the machine.
    var userJobs = 0
    /// Calls to workers at once, over all jobs.
    var calls = 256
    /// Commands that run at once.
    var commands = 32
    /// Items of one job that run at once where its plan does not say.
    var slots = 5
    /// How long a worker may take to heed the withdrawal of a call before its connection is closed.
    var grace = Duration.seconds(30)
    /// Jobs that may be waiting or running; the next submission is refused.
    var backlog = 1_000_000
    /// How long a job has to wait to be worth one point of priority more.
    var ageing = Duration.seconds(60)
    /// How long a job is kept after its end.
    var keepSucceeded = Duration.seconds(7 * 86_400)
    var keepFailed = Duration.seconds(30 * 86_400)
    var keepCancelled = Duration.seconds(7 * 86_400)
    /// Commands of worker processes that the runner starts and keeps alive.
    var workerCommands: [String] = ["millrace-backoffice"]
    /// The folder with the declarations of kinds; empty for the usual one.
    var kinds = ""

    static let keys: [ConfigurationKey<Self>] = [
        .init("Pool", "Jobs", \.jobs, .integer(1...10_000), "Jobs that run at once."),
        .init(
            "Pool", "UserJobs", \.userJobs, .integer(0...10_000),
            "Jobs of one user that run at once; 0: as many as the machine runs, but for some places kept free."),
        .init("Pool", "Calls", \.calls, .integer(1...10_000), "Calls to workers at once, over all jobs."),
        .init("Pool", "CommandSlots", \.commands, .integer(1...1_000), "Commands that run at once."),
        .init("Pool", "Slots", \.slots, .integer(1...20), "Items of one job at once where its plan does not say."),
        .init(
            "Pool", "Grace", \.grace, .span(1...3600),
            "How long a worker may take to heed the withdrawal of a call; then its connection is closed."),
        .init(
            "Queue", "Backlog", \.backlog, .integer(1...1_000_000_000),
            "Jobs that may be waiting or running; the next one is refused."),
        .init(
            "Queue", "Ageing", \.ageing, .span(0...86_400),
            "How long a job has to wait to be worth one point of priority more."),
        .init(
            "Retention", "KeepSucceeded", \.keepSucceeded, .span(0...315_360_000),
            "How long a job that succeeded is kept."),
        .init(
            "Retention", "KeepFailed", \.keepFailed, .span(0...315_360_000),
            "How long a job that failed, wholly or in part, is kept."),
        .init(
            "Retention", "KeepCancelled", \.keepCancelled, .span(0...315_360_000),
            "How long a job that was cancelled is kept."),
        .init(
            "Workers", "Commands", \.workerCommands, .list,
            "Worker processes to start and keep alive; a name without a slash is looked for beside the runner."),
        .init(
            "Kinds", "KindFolder", \.kinds, .text,
            "The folder with the declarations of kinds. Empty: kinds.d in /etc/millrace or etc of the suite's folder."),
    ]
}
