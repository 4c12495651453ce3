/// How far the mail of a brief is.
public enum BriefMailStatus: String, CaseIterable, Hashable, Sendable {
    case pending
    /// Under way, or broken off so that nobody knows whether it has gone.
    case sending
    case sent, failed
    /// Not wanted any more.
    case cancelled

    /// A person may have it already.
    public var hasPerhapsGone: Bool { self == .sent || self == .sending }

    init(stored: String, _ person: String, _ day: Day) throws(BooksError) {
        guard let status = Self(rawValue: stored) else {
            throw .damaged(table: "brief_mail", id: "\(person) \(day)", column: "status")
        }
        self = status
    }
}

/// A brief as a mail: what it says, and all that decides whether it goes.
public struct BriefMail: Hashable, Sendable {
    public var brief: BriefView
    /// As the person gave it; empty for none.
    public var address: String
    /// Briefs are on, and wanted by mail.
    public var isWanted: Bool
    /// The same for every try.
    public var token: String
    public var status: BriefMailStatus
    /// How often it was on its way: whoever tries goes by it, so that one who comes late changes nothing.
    public var tries: Int
    /// Days since the last visit, where the brief is to bring somebody back.
    public var daysAway: Int?

    public var subject: String { Self.subject(daysAway: daysAway, day: brief.day) }

    /// What a brief's mail is called.
    ///
    /// - Parameter daysAway: for somebody who stays away; nil for an ordinary brief.
    public static func subject(daysAway: Int?, day: Day) -> String {
        daysAway.map { Engagement.subject(daysAway: $0) } ?? "Your brief for \(day)"
    }

    /// In Markdown, the analysis first.
    public var text: String { [brief.analysis, brief.content].compactMap(\.self).joined(separator: "\n\n") }
}

/// What became of a brief's way into the mail.
public enum BriefMailQueueing: String, Hashable, Sendable {
    case queued
    /// There is one for this person and day already.
    case already
    case unwanted
    case noAddress = "no address"
    /// It waits in the books, and the next planning queues it.
    case later
}
