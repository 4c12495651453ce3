import MillraceService

/// The scheduler's settings; ``keys`` is their parser, their defaults and their reference.
struct SchedulerConfiguration: ServiceConfiguration {
    /// A run that begins later than this was missed.
    var grace = Duration.seconds(60)
    /// Runs kept in the history of each schedule.
    var history = 100
    /// Schedules there may be.
    var schedules = 1_000_000
    /// The folder with the declarations of schedules; empty for the usual one.
    var folder = ""

    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "Runs", "Grace", \.grace, .span(1...86_400),
            "A run that would begin later than this was missed; the schedule's catch-up policy says what becomes of it."
        ),
        .init("Runs", "History", \.history, .integer(1...100_000), "Runs kept in the history of each schedule."),
        .init("Schedules", "Limit", \.schedules, .integer(1...10_000_000), "Schedules there may be."),
        .init(
            "Schedules", "ScheduleFolder", \.folder, .text,
            "The folder with the declarations of schedules. Empty: schedules.d in /etc/millrace or etc of the suite's folder."
        ),
    ]
}
