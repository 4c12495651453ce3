public import Calendars
public import Linux

/// What the planning of briefs needs of the books.
public protocol BriefBooks: Sendable {
    /// All preferences that are active.
    func activePreferences() async throws -> [BriefPreference]

    /// The last visit and the last brief of all these people, in two reads; somebody who cannot be read is left out.
    func engagement(of people: [String]) async throws -> [String: EngagementFacts]

    /// The briefs of these people that are planned, under way or done, in one read.
    func briefs(of people: [String], from: Timestamp) async throws -> [PlannedBrief]
}

public struct EngagementFacts: Hashable, Sendable {
    public var lastVisit: Timestamp?
    public var lastBrief: Timestamp?

    public init(lastVisit: Timestamp? = nil, lastBrief: Timestamp? = nil) {
        self.lastVisit = lastVisit
        self.lastBrief = lastBrief
    }
}

/// A brief that is planned, under way or done.
public struct PlannedBrief: Hashable, Sendable {
    public var person: String
    public var day: Day
    public var at: Timestamp

    public init(person: String, day: Day, at: Timestamp) {
        self.person = person
        self.day = day
        self.at = at
    }
}

/// A brief that is due within the hour.
public struct DueBrief: Hashable, Sendable {
    public var person: String
    public var at: Timestamp
    /// The local date of its time.
    public var day: Day
    public var zone: String
    public var isReengagement: Bool
    public var daysAway: Int

    public init(
        person: String, at: Timestamp, day: Day, zone: String, isReengagement: Bool = false, daysAway: Int = 0
    ) {
        self.person = person
        self.at = at
        self.day = day
        self.zone = zone
        self.isReengagement = isReengagement
        self.daysAway = daysAway
    }
}

/// The four phases of an hour's planning: engagement for all in bulk, run times in memory, one read for all duplicates, and
/// queueing, which is the caller's.
public struct BriefPlanner: Sendable {
    public struct Plan: Hashable, Sendable {
        public var due: [DueBrief] = []
        /// People without a brief in this hour, each with the reason, where it is not that none falls into it.
        public var leftOut: [LeftOut] = []
        /// People of whom nobody can tell now whether a brief falls into this hour. It is theirs once the hour is planned again.
        public var untold: [Untold] = []
        public var preferences = 0
        /// Up to here, this instant excluded, everything is planned once these are queued.
        public var plannedTo: Timestamp
    }

    public struct LeftOut: Hashable, Sendable {
        public var person: String
        public var reason: String

        public init(_ person: String, _ reason: String) {
            self.person = person
            self.reason = reason
        }
    }

    public struct Untold: Hashable, Sendable {
        public var person: String
        public var error: BriefZoneError

        public init(_ person: String, _ error: BriefZoneError) {
            self.person = person
            self.error = error
        }
    }

    /// A run that was missed for longer is not made up for.
    public static let backfill = Duration.seconds(3600)
    public static let window = Duration.seconds(3600)
    /// Two briefs of one person nearer than this are one.
    public static let distance = Duration.seconds(1800)

    private let books: any BriefBooks
    private let usesEngagement: Bool
    private let zones: ZoneDatabase

    public init(_ books: any BriefBooks, usesEngagement: Bool, zones: ZoneDatabase = .system) {
        self.books = books
        self.usesEngagement = usesEngagement
        self.zones = zones
    }

    /// Whether whoever stays away gets fewer briefs: only the word `true` turns that on.
    public static let engagement = TruthVariable(
        "ENGAGEMENT_BACKOFF_ENABLED", false, isStrict: true, "true: whoever stays away gets fewer briefs.")

    /// The briefs whose time lies in the half-open hour from now on, and those that were missed since the watermark.
    ///
    /// - Parameter watermark: Up to where the last planning has come; nil for the first.
    /// - Throws: what the books throw: without knowing the duplicates nothing is planned.
    public func plan(now: Timestamp, watermark: Timestamp?) async throws -> Plan {
        let end = now + Self.window
        let missedSince = max(watermark ?? now, now - Self.backfill)
        let start = min(now, missedSince)
        var plan = Plan(plannedTo: end)
        let preferences = try await books.activePreferences().filter { $0.isActive && !$0.person.isEmpty }
        plan.preferences = preferences.count
        guard !preferences.isEmpty else { return plan }
        let decisions = usesEngagement ? await engagement(of: preferences.map(\.person), now: now) : nil
        for preference in preferences {
            let decision = decisions?[preference.person]
            if usesEngagement {
                guard let decision else {
                    plan.leftOut.append(LeftOut(preference.person, "his visits could not be read"))
                    continue
                }
                guard decision.sends else {
                    plan.leftOut.append(LeftOut(preference.person, decision.reason.rawValue))
                    continue
                }
            }
            do throws(BriefZoneError) {
                guard let run = try preference.nextRun(atOrAfter: Instant(start), zones: zones) else {
                    plan.leftOut.append(LeftOut(preference.person, preference.problems.joined(separator: "; ")))
                    continue
                }
                guard run < Instant(end) else { continue }
                plan.due.append(try due(preference, run, decision))
            } catch {
                plan.untold.append(Untold(preference.person, error))
            }
        }
        try await leaveOutDuplicates(&plan, from: start)
        return plan
    }

    private func due(
        _ preference: BriefPreference, _ run: Instant, _ decision: Engagement?
    ) throws(BriefZoneError) -> DueBrief {
        let zone = try preference.zone(in: zones)
        return DueBrief(
            person: preference.person, at: run.timestamp, day: zone.today(at: run.timestamp), zone: zone.name,
            isReengagement: decision?.isReengagement ?? false, daysAway: decision?.daysAway ?? 0)
    }

    /// A failed read is nobody's decision: nil, so that nobody gets a mail by mistake.
    private func engagement(of people: [String], now: Timestamp) async -> [String: Engagement] {
        do {
            return try await books.engagement(of: people).mapValues {
                Engagement(lastVisit: $0.lastVisit, lastBrief: $0.lastBrief, now: now)
            }
        } catch {
            return [:]
        }
    }

    /// One read for all, also where nobody is due: a planning always asks once.
    private func leaveOutDuplicates(_ plan: inout Plan, from start: Timestamp) async throws {
        let there = try await books.briefs(of: plan.due.map(\.person), from: start - .seconds(86_400))
        let byPerson = Dictionary(grouping: there, by: \.person)
        var kept: [DueBrief] = []
        kept.reserveCapacity(plan.due.count)
        for due in plan.due {
            let other = byPerson[due.person]?.first { other in
                let apart = due.at - other.at
                return other.day == due.day || (apart >= .zero - Self.distance && apart <= Self.distance)
            }
            if let other {
                plan.leftOut.append(LeftOut(due.person, "has the brief of \(other.day) at \(other.at)"))
            } else {
                kept.append(due)
            }
        }
        plan.due = kept
    }
}
