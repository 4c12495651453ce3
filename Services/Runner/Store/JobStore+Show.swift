import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// Jobs as they are shown.
extension JobStore {
    static let viewColumns = """
        id, kind, state, phase, queue, key, priority, submitted_at, run_at, started_at, finished_at, uid, correlation_id, \
        slots, max_attempts, timeout_ms, cancel_requested, cause, error
        """
    static let viewColumnCount = 19

    /// A row of ``viewColumns``, without item counts, params and result.
    static func view(_ row: Row) throws -> JobView {
        let state = JobState(rawValue: row.text(2)) ?? .ready
        return JobView(
            id: JobID(row.int(0)), kind: row.text(1), state: state, phase: row.textOrNil(3).flatMap(JobPhase.init),
            queue: row.text(4), key: row.textOrNil(5), priority: Int(row.int(6)),
            submittedAt: Timestamp(milliseconds: row.int(7)),
            runAt: state == .scheduled ? Timestamp(milliseconds: row.int(8)) : nil,
            startedAt: row.intOrNil(9).map(Timestamp.init(milliseconds:)),
            finishedAt: row.intOrNil(10).map(Timestamp.init(milliseconds:)), user: UInt32(row.int(11)),
            correlationId: row.text(12), items: ItemCounts(), slots: row.intOrNil(13).map(Int.init),
            maxAttempts: Int(row.int(14)), timeoutMs: row.intOrNil(15).map(Int.init), cancelRequested: row.bool(16),
            cause: row.text(17), error: try row.blobOrNil(18).map { try decode($0, "the error of a job") })
    }

    static func counts(_ db: Connection, _ id: JobID) throws -> ItemCounts {
        var counts = ItemCounts()
        try db.each("SELECT state, count(*) FROM item WHERE job_id = ? GROUP BY state", SQLValue(id.rawValue)) { row in
            let number = Int(row.int(1))
            counts.total += number
            switch ItemState(rawValue: row.text(0)) {
            case .ready?: counts.waiting = number
            case .running?: counts.running = number
            case .succeeded?: counts.succeeded = number
            case .failed?: counts.failed = number
            case .cancelled?: counts.cancelled = number
            case nil: break
            }
            return true
        }
        return counts
    }

    /// One job with params and result.
    static func job(_ db: Connection, _ id: JobID) throws -> JobView {
        let found = try db.first(
            "SELECT \(viewColumns), params, result FROM job WHERE id = ?", SQLValue(id.rawValue)
        ) { row in
            var view = try view(row)
            view.params = JSONRaw(unchecked: row.blob(viewColumnCount))
            view.result = row.blobOrNil(viewColumnCount + 1).map(JSONRaw.init(unchecked:))
            return view
        }
        guard var view = found else { throw JobError.notFound(id) }
        view.items = try counts(db, id)
        return view
    }

    static func detail(_ db: Connection, _ wanted: JobShow.Params) throws -> JobDetail {
        let limit = wanted.limit ?? 100
        var detail = JobDetail(job: try job(db, wanted.id))
        if wanted.items {
            let rows = try items(db, wanted.id, after: wanted.itemsAfter ?? -1, limit: limit + 1)
            detail.items = Array(rows.prefix(limit))
            if rows.count > limit { detail.nextItemsAfter = rows[limit - 1].index }
        }
        if wanted.attempts { detail.attempts = try attempts(db, wanted.id, limit: limit) }
        if wanted.transitions { detail.transitions = try transitions(db, wanted.id, limit: limit) }
        return detail
    }

    static func items(
        _ db: Connection, _ id: JobID, after: Int = -1, limit: Int = .max, inputs: Bool = true
    ) throws -> [ItemView] {
        try db.query(
            """
            SELECT number, key, state, attempts, crashes, input, output, error FROM item
            WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?
            """, SQLValue(id.rawValue), SQLValue(after), SQLValue(limit)
        ) { row in
            ItemView(
                index: Int(row.int(0)), key: row.text(1), state: ItemState(rawValue: row.text(2)) ?? .ready,
                attempts: Int(row.int(3)), crashes: Int(row.int(4)),
                input: inputs ? JSONRaw(unchecked: row.blob(5)) : nil,
                output: row.blobOrNil(6).map(JSONRaw.init(unchecked:)),
                error: try row.blobOrNil(7).map { try decode($0, "the error of an item") })
        }
    }

    /// The latest attempts first; numbers count per item or stage.
    private static func attempts(_ db: Connection, _ id: JobID, limit: Int) throws -> [AttemptView] {
        try db.query(
            """
            SELECT number, key, stage, worker, started_at, ended_at, cause, message FROM (
                SELECT attempt.id AS position, item.key, stage, worker, started_at, ended_at, cause, message,
                    row_number() OVER (PARTITION BY stage, item_number ORDER BY attempt.id) AS number
                FROM attempt LEFT JOIN item ON item.job_id = attempt.job_id AND item.number = item_number
                WHERE attempt.job_id = ?)
            ORDER BY position DESC LIMIT ?
            """, SQLValue(id.rawValue), SQLValue(limit)
        ) { row in
            AttemptView(
                number: Int(row.int(0)), item: row.textOrNil(1),
                stage: WorkloadStage(rawValue: row.text(2)) ?? .process,
                worker: row.text(3), startedAt: Timestamp(milliseconds: row.int(4)),
                endedAt: row.intOrNil(5).map(Timestamp.init(milliseconds:)), cause: row.textOrNil(6),
                message: row.textOrNil(7))
        }
    }

    private static func transitions(_ db: Connection, _ id: JobID, limit: Int) throws -> [TransitionView] {
        try db.query(
            "SELECT at, from_state, to_state, cause FROM transition WHERE job_id = ? ORDER BY id LIMIT ?",
            SQLValue(id.rawValue), SQLValue(limit)
        ) { row in
            TransitionView(
                at: Timestamp(milliseconds: row.int(0)), from: row.textOrNil(1).flatMap(JobState.init),
                to: JobState(rawValue: row.text(2)) ?? .ready, cause: row.text(3))
        }
    }

    static func list(_ db: Connection, _ wanted: JobList.Params) throws -> JobList.Result {
        let limit = wanted.limit ?? 50
        var conditions: [String] = []
        var values: [SQLValue] = []
        func filter(_ condition: String, _ value: SQLValue?) {
            guard let value else { return }
            conditions.append(condition)
            values.append(value)
        }
        if let states = wanted.states, !states.isEmpty {
            conditions.append("state IN (\(Array(repeating: "?", count: states.count).joined(separator: ", ")))")
            values += states.map { .text($0.rawValue) }
        }
        filter("kind = ?", wanted.kind.map(SQLValue.text))
        filter("queue = ?", wanted.queue.map(SQLValue.text))
        filter("key = ?", wanted.key.map(SQLValue.text))
        filter("id < ?", wanted.before.map { .int($0.rawValue) })
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        var jobs = try db.query(
            "SELECT \(viewColumns) FROM job \(condition) ORDER BY id DESC LIMIT ?", values + [SQLValue(limit + 1)],
            row: { try view($0) })
        let more = jobs.count > limit
        if more { jobs.removeLast() }
        for index in jobs.indices { jobs[index].items = try counts(db, jobs[index].id) }
        return JobList.Result(jobs: jobs, nextBefore: more ? jobs.last?.id : nil)
    }

    static func isOver(_ db: Connection, _ id: JobID) throws -> Bool {
        try db.first("SELECT finished_at IS NOT NULL FROM job WHERE id = ?", SQLValue(id.rawValue)) { $0.bool(0) }
            ?? false
    }

    /// How many jobs are not over, for the status line.
    static func backlog(_ db: Connection) throws -> (ready: Int, scheduled: Int, running: Int, total: Int) {
        func count(_ state: String) throws -> Int {
            try db.first("SELECT count(*) FROM job WHERE state = '\(state)'") { Int($0.int(0)) } ?? 0
        }
        let (ready, scheduled, running) = (try count("ready"), try count("scheduled"), try count("running"))
        return (ready, scheduled, running, ready + scheduled + running)
    }
}
