import Decimals

public typealias Hours = ExactDecimal

/// Work that a contractor logged: so many hours on a day, for a project.
public struct TimesheetEntry: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        case draft = "Draft"
        case pendingFeedback = "Pending Feedback"
        case reviewed = "Reviewed"
        case completed = "Completed"
    }

    public var id: EntryID
    public var title: String
    /// An entry without a day counts in no month.
    public var date: Day?
    public var hours: Hours
    /// The key deliverables: what the hours brought forth.
    public var text: String
    /// An entry without contractor counts in no order.
    public var contractor: ContractorID?
    /// An entry without project counts in no order.
    public var project: ProjectID?
    public var status: Status

    public init(
        id: EntryID, title: String = "", date: Day? = nil, hours: Hours, text: String = "",
        contractor: ContractorID? = nil, project: ProjectID? = nil, status: Status = .draft
    ) {
        self.id = id
        self.title = title
        self.date = date
        self.hours = hours
        self.text = text
        self.contractor = contractor
        self.project = project
        self.status = status
    }

    /// By day, then by id; those without a day last.
    public static func isEarlier(_ one: TimesheetEntry, _ other: TimesheetEntry) -> Bool {
        switch (one.date, other.date) {
        case (let day?, let otherDay?) where day != otherDay: day < otherDay
        case (_?, nil): true
        case (nil, _?): false
        default: one.id < other.id
        }
    }

    /// The title an entry has by default: `code :: discord :: Dec 15 - 6h`.
    public static func title(project: String, discord: String, date: Day?, hours: Hours) -> String {
        "\(project) :: \(discord) :: \(date?.short ?? "undated") - \(hours)h"
    }
}
