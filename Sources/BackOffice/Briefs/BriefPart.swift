public import JSONCodec

/// What the brief of one project comes to: its text and its figures.
public struct BriefPart: Hashable, Sendable, JSONCodable {
    public var project: String
    public var text: String
    public var today: Int
    public var overdue: Int
    public var done: Int

    public init(_ brief: ProjectBrief) {
        project = brief.project.name
        text = brief.text
        today = brief.today.count
        overdue = brief.overdue.count
        done = brief.recentlyDone.count
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var project: String?, text: String?, today: Int?, overdue: Int?, done: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "project": project = try json.string()
            case "text": text = try json.string()
            case "today": today = try json.int()
            case "overdue": overdue = try json.int()
            case "done": done = try json.int()
            default: try json.skip()
            }
        }
        self.project = try json.require(project, "project")
        self.text = try json.require(text, "text")
        self.today = try json.require(today, "today")
        self.overdue = try json.require(overdue, "overdue")
        self.done = try json.require(done, "done")
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("project", project)
            $0.member("text", text)
            $0.member("today", today)
            $0.member("overdue", overdue)
            $0.member("done", done)
        }
    }
}
