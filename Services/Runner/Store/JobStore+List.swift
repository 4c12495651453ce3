import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// Pages of jobs.
extension JobStore {
    /// Jobs a page looks at, at most, when no index leads to just those that are wanted.
    static let examined = 20_000

    /// Bytes of a page, or one job more: half of what a frame takes.
    static let pageBytes = 8 << 20

    /// The newest first. A page may be short, even empty, and yet have a next one: where few of many jobs are of the kind
    /// or queue that is asked for, each page looks at ``examined`` jobs and no more; and it takes up ``pageBytes``.
    static func list(_ db: Connection, _ wanted: JobList.Params) throws -> JobList.Result {
        let limit = wanted.limit ?? wanted.ids?.count ?? 50
        let chosen = wanted.ids == nil ? "" : " AND id IN (SELECT value FROM json_each(?3))"
        var sources = [chosen + (wanted.key == nil ? "" : " AND key = ?2")]
        if let states = wanted.states, !states.isEmpty {
            // Jobs that succeeded are no part of the index; they are nearly all, so the table itself leads to them.
            sources = Set(states).sorted { $0.rawValue < $1.rawValue }.map { state in
                sources[0] + " AND state = '\(state.rawValue)'"
                    + (state == .succeeded || wanted.key != nil ? "" : " AND state <> 'succeeded'")
            }
        }
        var found: [JobView] = []
        /// Below this nothing was looked at.
        var floor: JobID?
        for source in sources {
            let (views, examinedTo) = try page(db, wanted, source, limit: limit + 1)
            found += views
            if let examinedTo { floor = floor.map { max($0, examinedTo) } ?? examinedTo }
        }
        found.sort { $0.id > $1.id }
        if let floor { found.removeAll { $0.id < floor } }
        var next = floor
        let fitting = fitting(found.prefix(limit))
        if found.count > fitting {
            found.removeLast(found.count - fitting)
            next = found.last?.id
        }
        for index in found.indices where found[index].slots != nil {
            found[index].items = try counts(db, found[index].id)
        }
        return JobList.Result(jobs: found, nextBefore: next)
    }

    /// How many of the first jobs make a page.
    private static func fitting(_ views: some Collection<JobView>) -> Int {
        var (count, bytes) = (0, 0)
        for view in views where bytes < pageBytes {
            bytes += JSON.encode(view).count
            count += 1
        }
        return count
    }

    /// The first jobs of one source that are of the kind and queue, and how far it was looked if not to the end.
    private static func page(
        _ db: Connection, _ wanted: JobList.Params, _ source: String, limit: Int
    ) throws -> (views: [JobView], examinedTo: JobID?) {
        var values = [SQLValue(wanted.before?.rawValue ?? .max)]
        if wanted.key != nil || wanted.ids != nil { values.append(SQLValue(wanted.key)) }
        if let ids = wanted.ids { values.append(.text(JSON.text(ids))) }
        var views: [JobView] = []
        var looked = 0
        var last: JobID?
        try db.each(
            "SELECT \(viewColumns) FROM job WHERE id < ?1\(source) ORDER BY id DESC LIMIT \(examined)", values
        ) { row in
            looked += 1
            last = JobID(row.int(0))
            // The runner's own are nobody's, and gone in a moment; who names their kind sees them.
            let kind = row.text(1)
            if wanted.kind.map({ kind == $0 }) ?? (kind != Canary.kind), wanted.queue.map({ row.text(4) == $0 }) ?? true
            {
                views.append(try view(row))
            }
            return views.count < limit
        }
        return (views, views.count < limit && looked == examined ? last : nil)
    }
}
