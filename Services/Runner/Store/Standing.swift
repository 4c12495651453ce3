import Linux
import MillraceProtocol
import MillraceStore

/// Where a job stands: what the rules have to know of it to move it elsewhere.
struct Standing {
    var id: JobID
    var lane: Lane
    var key: String?
    var priority: Int
    var state: JobState
    var hold: JobHold?
    var keepsPlace: Bool
    var rank: Int64
    var runAt: Timestamp
    var uniqueKey: String?
    var isPlanned: Bool
    /// Jobs it still waits for.
    var waitsFor: Int
    /// Whether some job was submitted to come after it.
    var isFollowed: Bool
    var hookOf: JobID?
    var cancelRequested: Bool

    /// Whether it has one of the places of its key.
    var isAdmitted: Bool {
        key != nil && (state == .running || keepsPlace || (state == .ready && hold == nil))
    }

    var isWaiting: Bool { state == .ready || state == .scheduled }
}

extension JobStore {
    static func standing(_ db: Connection, _ id: JobID) throws -> Standing {
        let found = try db.first(
            """
            SELECT queue, kind, uid, key, priority, state, hold, keeps_place, rank, run_at, unique_key,
                slots IS NOT NULL, waits_for, followed, hook_of, cancel_requested
            FROM job WHERE id = ?
            """, SQLValue(id.rawValue)
        ) { row in
            Standing(
                id: id, lane: Lane(queue: row.text(0), kind: row.text(1), uid: UInt32(row.int(2))),
                key: row.textOrNil(3), priority: Int(row.int(4)), state: try jobState(row.text(5)),
                hold: row.textOrNil(6).flatMap(JobHold.init), keepsPlace: row.bool(7), rank: row.int(8),
                runAt: Timestamp(milliseconds: row.int(9)), uniqueKey: row.textOrNil(10), isPlanned: row.bool(11),
                waitsFor: Int(row.int(12)), isFollowed: row.bool(13), hookOf: row.intOrNil(14).map { JobID($0) },
                cancelRequested: row.bool(15))
        }
        guard let found else { throw JobError.notFound(id) }
        return found
    }

    static func jobState(_ word: String) throws -> JobState {
        guard let state = JobState(rawValue: word) else {
            throw StoreError(.corrupt, "\"\(word)\" is no state of a job")
        }
        return state
    }
}
