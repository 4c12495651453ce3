import Linux

/// Somebody who can have briefs: what he wants, and how far the newest one is.
public struct BriefPerson: Hashable, Sendable {
    public struct Latest: Hashable, Sendable {
        public var day: Day
        /// planned, processing, completed or failed.
        public var status: String
        public var error: String?
        /// Nil where none goes out.
        public var mail: BriefView.Mail?
    }

    public var preference: BriefPreference
    public var hasAddress: Bool
    /// Of the latest day, one that is planned included.
    public var latest: Latest?
}
