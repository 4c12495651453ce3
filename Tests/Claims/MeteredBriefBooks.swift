import BackOffice
import Linux

/// The planning of briefs at the cost that it had for the system before this one; see `MeteredBooks`.
///
/// | step | requests |
/// | --- | --- |
/// | preferences | one for all |
/// | engagement | for each person the last visit, then the last brief |
/// | duplicates | one for each person, or one for all |
/// | queueing | for each person the zone, the job, the job again |
struct MeteredBriefBooks: BriefBooks {
    private let books: any BriefBooks
    let meter: CallMeter
    private let atOnce: Int
    private let asksEach: Bool

    /// - Parameters:
    ///   - atOnce: people side by side in the steps that go person by person.
    ///   - asksEach: Whether duplicates are looked for person by person.
    init(_ books: any BriefBooks, meter: CallMeter, atOnce: Int, asksEach: Bool) {
        self.books = books
        self.meter = meter
        self.atOnce = atOnce
        self.asksEach = asksEach
    }

    func activePreferences() async throws -> [BriefPreference] {
        try await meter.charge("preferences.query")
        return try await books.activePreferences()
    }

    func engagement(of people: [String]) async throws -> [String: EngagementFacts] {
        try await each(people) { try await meter.charge("visit.read", "brief.read") }
        return try await books.engagement(of: people)
    }

    func briefs(of people: [String], from: Timestamp) async throws -> [PlannedBrief] {
        if asksEach {
            try await each(people) { try await meter.charge("duplicates.query") }
        } else {
            try await meter.charge("duplicates.query")
        }
        return try await books.briefs(of: people, from: from)
    }

    func queue(_ due: [DueBrief]) async throws {
        try await each(due.map(\.person)) { try await meter.charge("zone.read", "job.add", "job.read") }
    }

    private func each(_ people: [String], _ body: @escaping @Sendable () async throws -> Void) async throws {
        _ = try await SideBySide.map(people, atOnce: atOnce) { _ in try await body() }
    }
}
