public import Linux

/// A project of somebody who gets briefs.
public struct OwnProject: Hashable, Sendable {
    public var id: String
    public var name: String

    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

public struct OwnTask: Hashable, Sendable {
    public enum Priority: String, CaseIterable, Hashable, Sendable { case low, medium, high }

    public var id: String
    public var project: String
    public var title: String
    public var isDone: Bool
    public var priority: Priority
    public var startsAt: Timestamp?
    public var updatedAt: Timestamp

    public init(
        id: String, project: String, title: String, isDone: Bool = false, priority: Priority = .medium,
        startsAt: Timestamp? = nil, updatedAt: Timestamp = .epoch
    ) {
        self.id = id
        self.project = project
        self.title = title
        self.isDone = isDone
        self.priority = priority
        self.startsAt = startsAt
        self.updatedAt = updatedAt
    }
}

public struct OwnNote: Hashable, Sendable {
    public var project: String
    public var title: String
    public var text: String
    public var updatedAt: Timestamp

    public init(project: String, title: String, text: String = "", updatedAt: Timestamp) {
        self.project = project
        self.title = title
        self.text = text
        self.updatedAt = updatedAt
    }
}

public struct OwnPhase: Hashable, Sendable {
    public var id: String
    public var project: String
    public var name: String
    public var startsOn: Day?
    public var endsOn: Day?

    public init(id: String, project: String, name: String, startsOn: Day? = nil, endsOn: Day? = nil) {
        self.id = id
        self.project = project
        self.name = name
        self.startsOn = startsOn
        self.endsOn = endsOn
    }
}

/// An entry of the calendar that belongs to a task.
public struct OwnEvent: Hashable, Sendable {
    public var task: String
    public var project: String
    public var title: String
    public var startsAt: Timestamp
    public var endsAt: Timestamp

    public init(task: String, project: String, title: String, startsAt: Timestamp, endsAt: Timestamp) {
        self.task = task
        self.project = project
        self.title = title
        self.startsAt = startsAt
        self.endsAt = endsAt
    }
}

/// What the briefs of all projects of one person are made of: one read for the projects and five for all that belongs to
/// them, however many there are.
public struct BriefMaterial: Hashable, Sendable {
    /// In the person's order.
    public var projects: [OwnProject]
    public var tasks: [String: [OwnTask]]
    public var notes: [String: [OwnNote]]
    public var phases: [String: [OwnPhase]]
    /// Of each phase its tasks.
    public var phaseTasks: [String: Set<String>]
    public var events: [String: [OwnEvent]]

    public init(
        projects: [OwnProject], tasks: [OwnTask] = [], notes: [OwnNote] = [], phases: [OwnPhase] = [],
        phaseTasks: [String: Set<String>] = [:], events: [OwnEvent] = []
    ) {
        self.projects = projects
        self.tasks = Dictionary(grouping: tasks, by: \.project)
        self.notes = Dictionary(grouping: notes, by: \.project)
        self.phases = Dictionary(grouping: phases, by: \.project)
        self.phaseTasks = phaseTasks
        self.events = Dictionary(grouping: events, by: \.project)
    }
}
