import MillraceProtocol
import MillraceStore

/// What the store knows of why a job stands where it stands.
extension JobStore {
    static func whyFacts(_ db: Connection, _ id: JobID, _ rules: StoreRules) throws -> WhyFacts {
        let view = try job(db, id)
        var facts = WhyFacts(view: view, lane: view.lane)
        guard !view.state.isFinal else { return facts }
        facts.lastAttempt = try detail(db, JobShow.Params(id: id, attempts: true, limit: 1)).attempts?.first
        facts.ahead = try position(db, id)
        if view.hold == .key, let key = view.key {
            facts.keyLimit = rules.keyLimit(of: view.kind).places
            facts.keyUsed = try line(db, view.kind, key).admitted
        }
        if view.hold == .dependency { facts.dependencies = try openPredecessors(db, of: id) }
        return facts
    }

    private static func openPredecessors(_ db: Connection, of id: JobID) throws -> [JobID] {
        try db.query(
            "SELECT after_id FROM dependency WHERE job_id = ? AND open = 1 ORDER BY after_id LIMIT 101",
            SQLValue(id.rawValue)
        ) { JobID($0.int(0)) }
    }

    /// Forgets one job and what belongs to it.
    static func delete(_ db: Connection, _ id: JobID) throws {
        try db.run("DELETE FROM job WHERE id = ?", SQLValue(id.rawValue))
    }
}
