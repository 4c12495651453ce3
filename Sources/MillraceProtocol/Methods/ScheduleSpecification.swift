import JSONCodec
import Linux

/// What a run does while an earlier one of the same schedule is not over.
public enum ScheduleWhileRunning: String, WireWord {
    /// It does not take place.
    case skip
    /// One waits for the other's end; further ones do not take place.
    case bufferOne = "buffer-one"
    /// Each waits for the one before it.
    case bufferAll = "buffer-all"
    /// The other is cancelled.
    case cancelOther = "cancel-other"
    case allowAll = "allow-all"
}

/// What becomes of runs that were missed: while the machine slept, a service was away, or the clock was set forward.
public struct ScheduleCatchUp: Sendable, Hashable, JSONCodable {
    public enum Mode: String, WireWord {
        case none, last, all
        /// Those that are younger than ``ScheduleCatchUp/spanMs``.
        case window
        /// All, one each ``ScheduleCatchUp/spanMs``.
        case rate
    }

    public var mode: Mode
    /// For `window` and `rate`: 1 s to 366 days.
    public var spanMs: Int?
    /// Nothing is caught up before the machine has been up for so long.
    public var afterBootMs: Int?

    public init(_ mode: Mode, spanMs: Int? = nil, afterBootMs: Int? = nil) {
        self.mode = mode
        self.spanMs = spanMs
        self.afterBootMs = afterBootMs
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var mode: Mode?, spanMs: Int?, afterBootMs: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "mode": mode = try json.value()
            case "spanMs": spanMs = try json.int()
            case "afterBootMs": afterBootMs = try json.int()
            default: try json.unknownMember(key)
            }
        }
        self.init(try json.require(mode, "mode"), spanMs: spanMs, afterBootMs: afterBootMs)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("mode", mode)
            $0.member("spanMs", ifPresent: spanMs)
            $0.member("afterBootMs", ifPresent: afterBootMs)
        }
    }
}

/// Hours of the day, in the schedule's zone, in which nothing begins.
public struct ScheduleQuiet: Sendable, Hashable, JSONCodable {
    public enum Mode: String, WireWord {
        case skip
        /// The last of the runs takes place when the quiet hours end.
        case `defer`
    }

    /// "22:00"
    public var from: String
    /// "06:00"; a quiet time may go over midnight.
    public var to: String
    /// `skip` when left out.
    public var mode: Mode?

    public init(from: String, to: String, mode: Mode? = nil) {
        self.from = from
        self.to = to
        self.mode = mode
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var from: String?, to: String?, mode: Mode?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "from": from = try json.string()
            case "to": to = try json.string()
            case "mode": mode = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(from: try json.require(from, "from"), to: try json.require(to, "to"), mode: mode)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("from", from)
            $0.member("to", to)
            $0.member("mode", ifPresent: mode)
        }
    }
}

/// A schedule as it is written: when, in whose clock, and which job.
public struct ScheduleSpecification: Sendable, Hashable {
    /// 1 to 100 of a-z, 0-9, "-", "." and "_".
    public var name: String
    public var summary: String?
    /// What is submitted. In its params `${nominal}`, `${date}`, `${month}`, `${name}` and `${cause}` stand for facts of
    /// the run; without params the job gets `{"schedule":…,"nominal":…}`. It has no runAt, no idempotencyKey and no after.
    public var job: JobSpecification
    /// When, by expressions of systemd.time(7); all lists together have 1 to 100 entries.
    public var onCalendar: [String]?
    /// When, by five fields of cron or a macro.
    public var cron: [String]?
    /// When, by six fields of cron, the second first.
    public var cronSeconds: [String]?
    /// At this distance, a span counted from `startAt`, else from 1970.
    public var every: String?
    /// Once at each of these times.
    public var at: [Timestamp]?
    /// Not on these dates, "2026-12-24".
    public var exceptDates: [String]?
    /// Not on these days, by the date part of an OnCalendar expression: "Sat,Sun".
    public var exceptDays: [String]?
    /// An IANA name; the zone of the machine when left out.
    public var zone: String?
    /// `skip`, `after` or `shift`; as the grammar has it when left out.
    public var gap: String?
    /// `first`, `last` or `both`; as the grammar has it when left out.
    public var overlap: String?
    /// `debian` when left out, or `wide`.
    public var dialect: String?
    /// Each run begins up to so much later, always by the same amount on the same machine and never past the next one.
    public var jitterMs: Int?
    /// Whether the jitter stays within the hour of the nominal time.
    public var jitterKeepsHour: Bool?
    /// No run before.
    public var startAt: Timestamp?
    /// No run after.
    public var endAt: Timestamp?
    /// So many runs, then no more.
    public var limit: Int?
    /// `skip` when left out.
    public var whileRunning: ScheduleWhileRunning?
    /// `last` when left out.
    public var catchUp: ScheduleCatchUp?
    /// After so many failures in a row the schedule pauses itself; never when left out.
    public var pauseAfterFailures: Int?
    public var quiet: ScheduleQuiet?

    public init(name: String, job: JobSpecification) {
        self.name = name
        self.job = job
    }
}

extension ScheduleSpecification: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, job: JobSpecification?
        var rest = ScheduleSpecification(name: "", job: JobSpecification(kind: ""))
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "summary": rest.summary = try json.string()
            case "job": job = try json.value()
            case "onCalendar": rest.onCalendar = try json.value()
            case "cron": rest.cron = try json.value()
            case "cronSeconds": rest.cronSeconds = try json.value()
            case "every": rest.every = try json.string()
            case "at": rest.at = try json.value()
            case "exceptDates": rest.exceptDates = try json.value()
            case "exceptDays": rest.exceptDays = try json.value()
            case "zone": rest.zone = try json.string()
            case "gap": rest.gap = try json.string()
            case "overlap": rest.overlap = try json.string()
            case "dialect": rest.dialect = try json.string()
            case "jitterMs": rest.jitterMs = try json.int()
            case "jitterKeepsHour": rest.jitterKeepsHour = try json.bool()
            case "startAt": rest.startAt = try json.value()
            case "endAt": rest.endAt = try json.value()
            case "limit": rest.limit = try json.int()
            case "whileRunning": rest.whileRunning = try json.value()
            case "catchUp": rest.catchUp = try json.value()
            case "pauseAfterFailures": rest.pauseAfterFailures = try json.int()
            case "quiet": rest.quiet = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self = rest
        self.name = try json.require(name, "name")
        self.job = try json.require(job, "job")
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("summary", ifPresent: summary)
            $0.member("job", job)
            $0.member("onCalendar", ifPresent: onCalendar)
            $0.member("cron", ifPresent: cron)
            $0.member("cronSeconds", ifPresent: cronSeconds)
            $0.member("every", ifPresent: every)
            $0.member("at", ifPresent: at)
            $0.member("exceptDates", ifPresent: exceptDates)
            $0.member("exceptDays", ifPresent: exceptDays)
            $0.member("zone", ifPresent: zone)
            $0.member("gap", ifPresent: gap)
            $0.member("overlap", ifPresent: overlap)
            $0.member("dialect", ifPresent: dialect)
            $0.member("jitterMs", ifPresent: jitterMs)
            $0.member("jitterKeepsHour", ifPresent: jitterKeepsHour)
            $0.member("startAt", ifPresent: startAt)
            $0.member("endAt", ifPresent: endAt)
            $0.member("limit", ifPresent: limit)
            $0.member("whileRunning", ifPresent: whileRunning)
            $0.member("catchUp", ifPresent: catchUp)
            $0.member("pauseAfterFailures", ifPresent: pauseAfterFailures)
            $0.member("quiet", ifPresent: quiet)
        }
    }
}
