import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// Taking jobs to be worked on.
extension JobStore {
    static let claimable = """
        SELECT \(viewColumns), params, backoff_ms, attempts, crashes, task FROM job
        WHERE queue = ? AND kind = ? AND uid = ? AND state = 'ready' AND hold IS NULL ORDER BY rank, id LIMIT ?
        """

    /// Takes the first jobs of these lanes and marks them running. Each lane costs one walk from the front of its part of
    /// the index, whatever waits behind or elsewhere.
    ///
    /// - Returns: the jobs, and the lanes in which no other stands.
    static func claim(
        _ db: Connection, _ requests: [LaneRequest], now: Timestamp
    ) throws -> (jobs: [ClaimedJob], exhausted: Set<Lane>) {
        var jobs: [ClaimedJob] = []
        var exhausted: Set<Lane> = []
        for request in requests {
            let first = jobs.count
            var found = 0
            try db.each(
                claimable, .text(request.lane.queue), .text(request.lane.kind), SQLValue(request.lane.uid),
                SQLValue(request.count + 1)
            ) { row in
                found += 1
                guard found <= request.count else { return false }
                jobs.append(try claimed(row, request, now))
                return true
            }
            if found <= request.count { exhausted.insert(request.lane) }
            for index in first..<jobs.count { try start(db, &jobs[index], request, now) }
        }
        return (jobs, exhausted)
    }

    /// The job as it will be when it has been started.
    private static func claimed(_ row: Row, _ request: LaneRequest, _ now: Timestamp) throws -> ClaimedJob {
        var view = try view(row)
        view.state = .running
        view.startedAt = view.startedAt ?? now
        view.cause = "started"
        view.phase = view.slots == nil && !request.isPlain ? .planning : .processing
        if view.slots == nil { view.items = request.isPlain ? ItemCounts(total: 1, waiting: 1) : ItemCounts() }
        return ClaimedJob(
            brief: JobBrief(
                id: view.id, kind: view.kind, params: JSONRaw(unchecked: row.blob(viewColumnCount)),
                correlationId: view.correlationId),
            view: view, backoff: .milliseconds(row.int(viewColumnCount + 1)),
            attempts: Int(row.int(viewColumnCount + 2)), crashes: Int(row.int(viewColumnCount + 3)), slots: view.slots,
            items: [],
            task: try row.blobOrNil(viewColumnCount + 4).map { try StoreError.reading($0, "the task of a job") })
    }

    private static func start(
        _ db: Connection, _ job: inout ClaimedJob, _ request: LaneRequest, _ now: Timestamp
    ) throws {
        let id = job.brief.id
        try db.run(
            """
            UPDATE job SET state = 'running', cause = 'started', changed_at = ?2, started_at = coalesce(started_at, ?2),
                phase = ?3, plain = ?4
            WHERE id = ?1
            """,
            SQLValue(id.rawValue), SQLValue(now.milliseconds), SQLValue(job.view.phase?.rawValue),
            SQLValue(job.slots == nil && request.isPlain))
        guard job.slots != nil else { return }
        job.view.items = try counts(db, id)
        job.items = try unfinished(db, id)
    }

    private static func unfinished(_ db: Connection, _ id: JobID) throws -> [PendingItem] {
        try db.query(
            """
            SELECT number, key, input, attempts, crashes, not_before FROM item
            WHERE job_id = ? AND state IN ('ready', 'running') ORDER BY number
            """, SQLValue(id.rawValue)
        ) { row in
            PendingItem(
                brief: ItemBrief(index: Int(row.int(0)), key: row.text(1), input: JSONRaw(unchecked: row.blob(2))),
                attempts: Int(row.int(3)), crashes: Int(row.int(4)), notBefore: Timestamp(milliseconds: row.int(5)))
        }
    }
}
