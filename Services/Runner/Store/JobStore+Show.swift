import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// Jobs as they are shown.
extension JobStore {
    static let viewColumns = """
        id, kind, state, phase, queue, key, priority, submitted_at, run_at, started_at, finished_at, uid, correlation_id, \
        slots, max_attempts, timeout_ms, cancel_requested, cause, error, hold, unique_key, item_timeout_ms, durability, \
        attached, hook_of, plain
        """
    static let viewColumnCount = 26

    /// A row of ``viewColumns``, without params and result. Item counts are those of a plain job, else zero.
    static func view(_ row: Row) throws -> JobView {
        let state = try jobState(row.text(2))
        return JobView(
            id: JobID(row.int(0)), kind: row.text(1), state: state, phase: row.textOrNil(3).flatMap(JobPhase.init),
            queue: row.text(4), key: row.textOrNil(5), priority: Int(row.int(6)),
            submittedAt: Timestamp(milliseconds: row.int(7)),
            runAt: state == .scheduled ? Timestamp(milliseconds: row.int(8)) : nil,
            startedAt: row.intOrNil(9).map(Timestamp.init(milliseconds:)),
            finishedAt: row.intOrNil(10).map(Timestamp.init(milliseconds:)), user: UInt32(row.int(11)),
            correlationId: row.text(12), items: plainCounts(state, isPlain: row.bool(25)),
            slots: row.intOrNil(13).map(Int.init), maxAttempts: Int(row.int(14)),
            timeoutMs: row.intOrNil(15).map(Int.init), cancelRequested: row.bool(16), cause: Payload.cut(row.text(17)),
            error: try row.blobOrNil(18).map { try error($0, of: "a job") },
            hold: row.textOrNil(19).flatMap(JobHold.init), uniqueKey: row.textOrNil(20),
            itemTimeoutMs: row.intOrNil(21).map(Int.init), durability: JobDurability(rawValue: row.text(22)) ?? .disk,
            attached: row.bool(23), hookOf: row.intOrNil(24).map { JobID($0) })
    }

    /// An error as it was kept; earlier versions kept longer ones.
    static func error(_ bytes: [UInt8], of what: String) throws -> RPCError {
        Payload.kept(try StoreError.reading(bytes, "the error of \(what)"))
    }

    /// A plain job that has been started has one item, which is where the job is.
    static func plainCounts(_ state: JobState, isPlain: Bool) -> ItemCounts {
        guard isPlain else { return ItemCounts() }
        return switch state {
        case .scheduled, .ready: ItemCounts(total: 1, waiting: 1)
        case .running: ItemCounts(total: 1, running: 1)
        case .succeeded, .partial: ItemCounts(total: 1, succeeded: 1)
        case .failed: ItemCounts(total: 1, failed: 1)
        case .cancelled: ItemCounts(total: 1, cancelled: 1)
        }
    }

    static func counts(_ db: Connection, _ id: JobID) throws -> ItemCounts {
        try db.first(
            """
            SELECT count(*), total(state = 'ready'), total(state = 'running'), total(state = 'succeeded'),
                total(state = 'failed'), total(state = 'cancelled')
            FROM item WHERE job_id = ?
            """, SQLValue(id.rawValue)
        ) { row in
            ItemCounts(
                total: Int(row.int(0)), waiting: Int(row.real(1)), running: Int(row.real(2)),
                succeeded: Int(row.real(3)), failed: Int(row.real(4)), cancelled: Int(row.real(5)))
        } ?? ItemCounts()
    }

    private static let shown = "SELECT \(viewColumns), params, result FROM job WHERE id = ?"

    /// One job with params and result.
    static func job(_ db: Connection, _ id: JobID) throws -> JobView {
        let found = try db.first(shown, SQLValue(id.rawValue)) { row in
            var view = try view(row)
            view.params = JSONRaw(unchecked: row.blob(viewColumnCount))
            view.result = row.blobOrNil(viewColumnCount + 1).map(JSONRaw.init(unchecked:))
            return view
        }
        guard var view = found else { throw JobError.notFound(id) }
        if view.slots != nil { view.items = try counts(db, id) }
        return view
    }

    /// A job with the rows asked for; what makes it longer than a message may be is left out, see ``JobDetail/leftOut``.
    static func detail(_ db: Connection, _ wanted: JobShow.Params) throws -> JobDetail {
        let limit = wanted.limit ?? 100
        var detail = JobDetail(job: try job(db, wanted.id))
        detail.job.after = try predecessors(db, of: wanted.id)
        if wanted.items {
            let rows = try items(db, wanted.id, after: wanted.itemsAfter ?? -1, limit: limit + 1)
            detail.items = Array(rows.prefix(limit))
            if rows.count > limit { detail.nextItemsAfter = rows[limit - 1].index }
        }
        if wanted.attempts { detail.attempts = try attempts(db, wanted.id, limit: limit) }
        if wanted.transitions { detail.transitions = try transitions(db, detail.job, limit: limit) }
        try Payload.fit(&detail)
        return detail
    }

    static func items(
        _ db: Connection, _ id: JobID, after: Int = -1, limit: Int = .max, inputs: Bool = true
    ) throws -> [ItemView] {
        let rows = try db.query(
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
                error: try row.blobOrNil(7).map { try error($0, of: "an item") })
        }
        if !rows.isEmpty || after >= 0 { return rows }
        return try plainItem(db, id, inputs: inputs).map { [$0] } ?? []
    }

    /// The item of a plain job, which has no row of its own.
    private static func plainItem(_ db: Connection, _ id: JobID, inputs: Bool) throws -> ItemView? {
        try db.first(
            "SELECT state, attempts, crashes, result, error FROM job WHERE id = ? AND plain = 1", SQLValue(id.rawValue)
        ) { row in
            let itemState: ItemState =
                switch try jobState(row.text(0)) {
                case .scheduled, .ready: .ready
                case .running: .running
                case .succeeded, .partial: .succeeded
                case .failed: .failed
                case .cancelled: .cancelled
                }
            return ItemView(
                index: 0, key: "job", state: itemState, attempts: Int(row.int(1)), crashes: Int(row.int(2)),
                input: inputs ? .null : nil, output: row.blobOrNil(3).map(JSONRaw.init(unchecked:)),
                error: try row.blobOrNil(4).map { try error($0, of: "a job") })
        }
    }

    /// The latest attempts first; numbers count per item or stage.
    private static func attempts(_ db: Connection, _ id: JobID, limit: Int) throws -> [AttemptView] {
        try db.query(
            """
            SELECT number, key, stage, worker, started_at, ended_at, cause, message, cpu_us, peak_bytes, exit_code, signal,
                fence
            FROM (
                SELECT coalesce(item.key, CASE stage WHEN 'process' THEN 'job' END) AS key, stage, worker, started_at,
                    ended_at, cause, message, cpu_us, peak_bytes, exit_code, signal, fence,
                    row_number() OVER (PARTITION BY stage, item_number ORDER BY fence) AS number
                FROM attempt LEFT JOIN item ON item.job_id = attempt.job_id AND item.number = item_number
                WHERE attempt.job_id = ?)
            ORDER BY fence DESC LIMIT ?
            """, SQLValue(id.rawValue), SQLValue(limit)
        ) { row in
            AttemptView(
                number: Int(row.int(0)), item: row.textOrNil(1),
                stage: WorkloadStage(rawValue: row.text(2)) ?? .process, worker: row.text(3),
                startedAt: Timestamp(milliseconds: row.int(4)),
                endedAt: row.intOrNil(5).map(Timestamp.init(milliseconds:)), cause: row.textOrNil(6),
                message: row.textOrNil(7).map { Payload.cut($0) }, cpuUs: row.intOrNil(8).map(Int.init),
                peakBytes: row.intOrNil(9),
                exitCode: row.intOrNil(10).map(Int.init), signal: row.intOrNil(11).map(Int.init), fence: row.int(12))
        }
    }

    /// The first is the submission, which is told by the job itself.
    private static func transitions(_ db: Connection, _ job: JobView, limit: Int) throws -> [TransitionView] {
        let changes = try db.query(
            "SELECT at, from_state, to_state, cause FROM transition WHERE job_id = ? ORDER BY number LIMIT ?",
            SQLValue(job.id.rawValue), SQLValue(limit)
        ) { row in
            TransitionView(
                at: Timestamp(milliseconds: row.int(0)), from: try jobState(row.text(1)), to: try jobState(row.text(2)),
                cause: Payload.cut(row.text(3)))
        }
        let first = TransitionView(
            at: job.submittedAt, from: nil, to: changes.first?.from ?? job.state, cause: "submitted")
        return Array(([first] + changes).prefix(limit))
    }

    static func isOver(_ db: Connection, _ id: JobID) throws -> Bool {
        try db.first("SELECT finished_at IS NOT NULL FROM job WHERE id = ?", SQLValue(id.rawValue)) { $0.bool(0) }
            ?? false
    }
}
