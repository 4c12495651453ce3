import Linux

/// The brief of all projects of a day.
public struct DailyBrief: Hashable, Sendable {
    /// In the order of the projects.
    public let texts: [String]
    public let day: Day

    public init(day: Day, texts: [String]) {
        self.day = day
        self.texts = texts
    }

    public static let actionLimit = 5
    /// Characters of the text that a chat service gets.
    public static let promptLimit = 8000

    /// In Markdown.
    public var text: String {
        (["# Your brief for \(day)", ""] + (texts.isEmpty ? ["No project has a brief today."] : texts))
            .joined(separator: "\n")
    }

    /// The texts of links on lines that are for today or of high priority, at most ``actionLimit``.
    public var priorityActions: [String] {
        var actions: [String] = []
        for line in text.split(separator: "\n") where actions.count < Self.actionLimit {
            guard line.contains("today: ") || line.contains("high priority"), let open = line.firstIndex(of: "["),
                let close = line[open...].firstIndex(of: "]")
            else { continue }
            let action = String(line[line.index(after: open)..<close])
            if !actions.contains(action) { actions.append(action) }
        }
        return actions
    }
}

/// Says in a few words what a brief amounts to.
public protocol BriefAnalyst: Sendable {
    /// - Parameters:
    ///   - parts: At least one.
    ///   - daysAway: For somebody who stays away; nil for an ordinary brief.
    func analyse(_ brief: DailyBrief, _ parts: [BriefPart], daysAway: Int?) async throws -> String
}

/// By rule, without any service.
public struct RuleAnalyst: BriefAnalyst {
    public init() {}

    public func analyse(_ brief: DailyBrief, _ parts: [BriefPart], daysAway: Int?) -> String {
        func total(_ figure: KeyPath<BriefPart, Int>) -> Int { parts.reduce(0) { $0 + $1[keyPath: figure] } }
        func count(_ number: Int, _ rest: String) -> String {
            "\(number) \(number == 1 ? "task is" : "tasks are") \(rest)"
        }
        var sentences: [String] = []
        if let daysAway { sentences.append("You were away for \(daysAway) days.") }
        let (today, overdue, done) = (total(\.today), total(\.overdue), total(\.done))
        sentences.append(today == 0 ? "Nothing is planned for today." : count(today, "for today."))
        if overdue > 0 {
            let worst = parts.max { $0.overdue < $1.overdue }?.project ?? ""
            sentences.append(count(overdue, parts.count > 1 ? "overdue, most of them in \(worst)." : "overdue."))
        }
        if done > 0 { sentences.append(count(done, "done since yesterday.")) }
        if let first = brief.priorityActions.first { sentences.append("Begin with “\(first)”.") }
        return sentences.joined(separator: " ")
    }
}

/// The steps of making a brief, each with its share of the whole.
public enum BriefStep: Hashable, Sendable {
    case starting, fetchingProjects, generatingProjectBriefs
    /// So many of the projects are done.
    case processingProject(name: String, done: Int, of: Int)
    case consolidating, analysing, finalizing, completed

    public var name: String {
        switch self {
        case .starting: "starting"
        case .fetchingProjects: "fetching_projects"
        case .generatingProjectBriefs: "generating_project_briefs"
        case .processingProject(let name, _, _): "processing_project_\(name)"
        case .consolidating: "consolidating_briefs"
        case .analysing: "llm_analysis"
        case .finalizing: "finalizing"
        case .completed: "completed"
        }
    }

    /// 0 to 100. Whoever writes it keeps the greater of old and new, since projects go side by side.
    public var percent: Int {
        switch self {
        case .starting: 0
        case .fetchingProjects: 10
        case .generatingProjectBriefs: 20
        case .processingProject(_, let done, let of): 20 + (of == 0 ? 60 : (done * 120 + of) / (2 * of))
        case .consolidating: 85
        case .analysing: 90
        case .finalizing: 95
        case .completed: 100
        }
    }
}
