import JSONCodec

/// What a sync of task order logs is asked for.
public struct SyncParameters: Hashable, Sendable {
    public var month: Month
    /// Part of the contractor's name on the chat server. As a part, not the whole: `an` selects `dan` and `anna`.
    public var contractor: String?
    /// Part of the entry's title, which begins with the project's code.
    public var project: String?
    /// Take entries of every status, not only the Reviewed.
    public var force: Bool
    /// Only contractors whose active rate has this payday: 1 or 15.
    public var batch: Int?
    /// Rewrite hours and entries of changed lines; create nothing, summarise nothing, touch no status.
    public var updateHoursOnly: Bool

    public init(
        month: Month, contractor: String? = nil, project: String? = nil, force: Bool = false, batch: Int? = nil,
        updateHoursOnly: Bool = false
    ) {
        self.month = month
        self.contractor = contractor
        self.project = project
        self.force = force
        self.batch = batch
        self.updateHoursOnly = updateHoursOnly
    }

    var query: EntryQuery {
        EntryQuery(month: month, discord: contractor, title: project, everyStatus: force)
    }
}

extension SyncParameters: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var month: Month?
        var contractor: String?, project: String?, batch: Int?
        var force = false, updateHoursOnly = false
        try json.parameters { key, json throws(JSONError) in
            switch key {
            case "month": month = try json.value()
            case "contractor": contractor = try Self.filter(&json)?.trimmed
            case "project": project = try Self.filter(&json)
            case "force": force = try json.bool()
            case "batch": batch = try Self.payday(&json)
            case "updateHoursOnly": updateHoursOnly = try json.bool()
            default: try json.unknownMember(key)
            }
        }
        if contractor?.isEmpty == true { contractor = nil }
        self.init(
            month: try json.require(month, "month"), contractor: contractor, project: project, force: force,
            batch: batch, updateHoursOnly: updateHoursOnly)
    }

    /// An empty text selects everything.
    static func filter(_ json: inout JSONReader) throws(JSONError) -> String? {
        if try json.null() { return nil }
        let text = try json.string()
        return text.isEmpty ? nil : text
    }

    private static func payday(_ json: inout JSONReader) throws(JSONError) -> Int? {
        if try json.null() { return nil }
        let start = json.offset
        let batch = try json.int()
        guard batch == 1 || batch == 15 else {
            throw JSONError(.invalid, offset: start, "is not a payday; 1 and 15 are")
        }
        return batch
    }
}
