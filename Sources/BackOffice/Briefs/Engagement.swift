import Linux

/// Whether somebody who stays away still gets briefs: less and less of them, and none that would only annoy.
public struct Engagement: Hashable, Sendable {
    public enum Reason: String, CaseIterable, Hashable, Sendable {
        case newUser = "treated as new user"
        case active
        case coolingOff = "cooling off"
        case fourDayMail = "4-day mail"
        case no = "default no"
        case firstBackOff = "first back-off"
        case tenDayMail = "10-day mail"
        case secondBackOff = "second back-off"
        case recurring = "recurring, every 31 days"
        case waiting
    }

    public let sends: Bool
    public let isReengagement: Bool
    /// Whole days since the last visit; 0 for a new user.
    public let daysAway: Int
    public let reason: Reason

    /// Whole days since the last brief where there was none.
    public static let never = 999

    /// - Parameters:
    ///   - lastVisit: Nil for none, and where it could not be read.
    ///   - lastBrief: When the newest brief was completed, whatever became of it; else the beginning of its day.
    public init(lastVisit: Timestamp?, lastBrief: Timestamp?, now: Timestamp) {
        guard let lastVisit else {
            self.init(true, false, 0, .newUser)
            return
        }
        let away = Self.wholeDays(from: lastVisit, to: now)
        let sinceBrief = lastBrief.map { Self.wholeDays(from: $0, to: now) } ?? Self.never
        self.init(daysAway: away, daysSinceBrief: sinceBrief)
    }

    /// The table, row by row.
    init(daysAway away: Int, daysSinceBrief: Int) {
        switch away {
        case ...2: self.init(true, false, away, .active)
        case 3: self.init(false, false, away, .coolingOff)
        case 4 where daysSinceBrief >= 2: self.init(true, true, away, .fourDayMail)
        case 4: self.init(false, false, away, .no)
        case 5...9: self.init(false, false, away, .firstBackOff)
        case 10 where daysSinceBrief >= 6: self.init(true, true, away, .tenDayMail)
        case 10: self.init(false, false, away, .no)
        case 11...30: self.init(false, false, away, .secondBackOff)
        default:
            if daysSinceBrief >= 31 {
                self.init(true, true, away, .recurring)
            } else {
                self.init(false, false, away, .waiting)
            }
        }
    }

    private init(_ sends: Bool, _ isReengagement: Bool, _ daysAway: Int, _ reason: Reason) {
        self.sends = sends
        self.isReengagement = isReengagement
        self.daysAway = daysAway
        self.reason = reason
    }

    /// Spans of 24 hours that are over; never below 0.
    static func wholeDays(from past: Timestamp, to now: Timestamp) -> Int {
        Int(max(0, now.milliseconds - past.milliseconds) / 86_400_000)
    }

    /// The subject of a mail to somebody who stays away: up to 4 days, up to 10, above.
    public var subject: String? {
        isReengagement ? Self.subject(daysAway: daysAway) : nil
    }

    static func subject(daysAway: Int) -> String {
        switch daysAway {
        case ...4: return "Your projects are waiting for you"
        case ...10: return "Here is what has piled up in the last \(daysAway) days"
        default: return "It has been \(daysAway) days: pick one thing and begin again"
        }
    }
}
