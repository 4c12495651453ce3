import JSONCodec
import Linux

/// What brought a run about.
public enum ScheduleCause: String, WireWord {
    case due
    /// It was missed and is caught up.
    case catchUp = "catch-up"
    case manual, backfill
}

/// What became of a nominal time.
public enum ScheduleOutcome: String, WireWord {
    /// There is a job for it.
    case submitted
    /// An earlier run was not over, or another job bears its unique key.
    case skipped
    /// Its time passed unheard and the catch-up policy leaves it out.
    case missed
    /// The runner does not take such a job.
    case refused
}

/// One line of a schedule's history.
public struct ScheduleRun: Sendable, Hashable, JSONCodable {
    public var nominal: Timestamp
    public var at: Timestamp
    public var cause: ScheduleCause
    public var outcome: ScheduleOutcome
    public var job: JobID?
    /// From when it should have begun until the runner had it.
    public var latenessMs: Int?
    public var note: String?

    public init(
        nominal: Timestamp, at: Timestamp, cause: ScheduleCause, outcome: ScheduleOutcome, job: JobID? = nil,
        latenessMs: Int? = nil, note: String? = nil
    ) {
        self.nominal = nominal
        self.at = at
        self.cause = cause
        self.outcome = outcome
        self.job = job
        self.latenessMs = latenessMs
        self.note = note
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var nominal: Timestamp?, at: Timestamp?, cause: ScheduleCause?, outcome: ScheduleOutcome?, job: JobID?,
            latenessMs: Int?, note: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "nominal": nominal = try json.value()
            case "at": at = try json.value()
            case "cause": cause = try json.value()
            case "outcome": outcome = try json.value()
            case "job": job = try json.value()
            case "latenessMs": latenessMs = try json.int()
            case "note": note = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            nominal: try json.require(nominal, "nominal"), at: try json.require(at, "at"),
            cause: try json.require(cause, "cause"), outcome: try json.require(outcome, "outcome"), job: job,
            latenessMs: latenessMs, note: note)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("nominal", nominal)
            $0.member("at", at)
            $0.member("cause", cause)
            $0.member("outcome", outcome)
            $0.member("job", ifPresent: job)
            $0.member("latenessMs", ifPresent: latenessMs)
            $0.member("note", ifPresent: note)
        }
    }
}

/// A schedule as it is shown.
public struct ScheduleView: Sendable, Hashable, JSONCodable {
    public var schedule: ScheduleSpecification
    /// The file that declares it; left out for one that was put.
    public var file: String?
    public var createdAt: Timestamp
    public var paused: Bool
    public var pausedUntil: Timestamp?
    public var pauseReason: String?
    /// The nominal time of the next run; left out for never, and while paused.
    public var next: Timestamp?
    /// When that is acted upon, jitter included.
    public var nextAt: Timestamp?
    /// Runs so far, those that were skipped or missed left out.
    public var runs: Int
    /// Failures in a row.
    public var failures: Int
    /// Why the next run is put off; left out where it is not.
    public var putOff: String?
    public var last: Timestamp?
    public var lastJob: JobID?

    public init(
        schedule: ScheduleSpecification, file: String? = nil, createdAt: Timestamp, paused: Bool = false,
        pausedUntil: Timestamp? = nil, pauseReason: String? = nil, next: Timestamp? = nil, nextAt: Timestamp? = nil,
        runs: Int = 0, failures: Int = 0, putOff: String? = nil, last: Timestamp? = nil,
        lastJob: JobID? = nil
    ) {
        self.schedule = schedule
        self.file = file
        self.createdAt = createdAt
        self.paused = paused
        self.pausedUntil = pausedUntil
        self.pauseReason = pauseReason
        self.next = next
        self.nextAt = nextAt
        self.runs = runs
        self.failures = failures
        self.putOff = putOff
        self.last = last
        self.lastJob = lastJob
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var schedule: ScheduleSpecification?, file: String?, createdAt: Timestamp?, paused = false,
            pausedUntil: Timestamp?, pauseReason: String?, next: Timestamp?, nextAt: Timestamp?, runs = 0,
            failures = 0, putOff: String?, last: Timestamp?, lastJob: JobID?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "schedule": schedule = try json.value()
            case "file": file = try json.string()
            case "createdAt": createdAt = try json.value()
            case "paused": paused = try json.bool()
            case "pausedUntil": pausedUntil = try json.value()
            case "pauseReason": pauseReason = try json.string()
            case "next": next = try json.value()
            case "nextAt": nextAt = try json.value()
            case "runs": runs = try json.int()
            case "failures": failures = try json.int()
            case "putOff": putOff = try json.string()
            case "last": last = try json.value()
            case "lastJob": lastJob = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            schedule: try json.require(schedule, "schedule"), file: file,
            createdAt: try json.require(createdAt, "createdAt"), paused: paused, pausedUntil: pausedUntil,
            pauseReason: pauseReason, next: next, nextAt: nextAt, runs: runs, failures: failures, putOff: putOff,
            last: last, lastJob: lastJob)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("schedule", schedule)
            $0.member("file", ifPresent: file)
            $0.member("createdAt", createdAt)
            $0.member("paused", paused)
            $0.member("pausedUntil", ifPresent: pausedUntil)
            $0.member("pauseReason", ifPresent: pauseReason)
            $0.member("next", ifPresent: next)
            $0.member("nextAt", ifPresent: nextAt)
            $0.member("runs", runs)
            $0.member("failures", failures)
            $0.member("putOff", ifPresent: putOff)
            $0.member("last", ifPresent: last)
            $0.member("lastJob", ifPresent: lastJob)
        }
    }
}
