import Calendars
import Decimals
import MillraceService

/// The categorizer's settings; ``keys`` is their parser, their defaults and their reference.
struct CategorizerConfiguration: ServiceConfiguration {
    /// Slices of a batch that are worked on side by side where the caller does not say.
    var threads = 4
    /// Failures of the database in a row after which it is left alone, and for how long.
    var failures = 5
    var pause = Duration.seconds(30)
    /// Stored expenses, and answers, that are kept in memory.
    var kept = 10_000
    /// Lessons after which the learned layer is trained anew at the latest; history that was imported counts too.
    var lessons = 500
    /// Trained models that are kept.
    var models = 3
    /// What asking a chat service may cost a month, in its currency; 0: it is not asked.
    var chatBudget: ExactDecimal = 0
    /// Of the company: its months are those of the budget.
    var zone = CompanyZone.standard

    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "Work", "Threads", \.threads, .integer(1...16),
            "Slices of a batch that are worked on side by side, where the caller does not say."),
        .init(
            "Work", "KeptExpenses", \.kept, .integer(100...1_000_000),
            "Stored expenses and last answers that are kept in memory."),
        .init(
            "Database", "BreakerFailures", \.failures, .integer(1...1000),
            "Failures of the database in a row after which it is left alone for a while."),
        .init(
            "Database", "BreakerPause", \.pause, .span(0.1...3600),
            "How long the database is left alone before one trial."),
        .init(
            "Learning", "Lessons", \.lessons, .integer(20...1_000_000),
            "New confirmed expenses after which the learned layer is trained anew at the latest; the first time after 20, then "
                + "after as many again as it was trained on."),
        .init("Learning", "KeptModels", \.models, .integer(2...20), "Trained models that are kept."),
        .init(
            "Chat", "ChatBudget", \.chatBudget, .amount(0...1_000_000),
            "What asking a chat service about merchants that nobody knows may cost a month, in its currency; 0: it is "
                + "not asked."),
        .init(
            "Chat", "ChatZone", \.zone, .zone,
            "The company's time zone, such as Europe/Berlin: the budget is that of its months."),
    ]
}

extension ConfigurationKind where Value == Zone {
    fileprivate static var zone: Self {
        Self(
            "ZONE", "a time zone such as Europe/Berlin",
            parse: { name in
                // Which one it is not is said by the expectation.
                try? ZoneDatabase.system.zone(forTZ: name)
            }, show: \.name)
    }
}
