import JSONCodec
import Linux

/// What a sync wrote.
public struct ScheduleSyncStats: Hashable, Sendable {
    public var slotsCreated = 0
    public var slotsUpdated = 0
    public var appointmentsAdded = 0
    /// Those that moved to another date included.
    public var appointmentsUpdated = 0
    public var appointmentsRemoved = 0
    public var conflictsDetected = 0
    public var conflictsResolved = 0

    public init() {}
}

extension ScheduleSyncStats: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        self.init()
        try json.object { key, json throws(JSONError) in
            switch key {
            case "slotsCreated": slotsCreated = try json.int()
            case "slotsUpdated": slotsUpdated = try json.int()
            case "appointmentsAdded": appointmentsAdded = try json.int()
            case "appointmentsUpdated": appointmentsUpdated = try json.int()
            case "appointmentsRemoved": appointmentsRemoved = try json.int()
            case "conflictsDetected": conflictsDetected = try json.int()
            case "conflictsResolved": conflictsResolved = try json.int()
            default: try json.skip()
            }
        }
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("slotsCreated", slotsCreated)
            $0.member("slotsUpdated", slotsUpdated)
            $0.member("appointmentsAdded", appointmentsAdded)
            $0.member("appointmentsUpdated", appointmentsUpdated)
            $0.member("appointmentsRemoved", appointmentsRemoved)
            $0.member("conflictsDetected", conflictsDetected)
            $0.member("conflictsResolved", conflictsResolved)
        }
    }
}

/// A date of a sync that did not come to a good end, and why.
public struct FailedDate: Hashable, Sendable, JSONCodable {
    public var date: Day
    public var message: String

    public init(date: Day, message: String) {
        self.date = date
        self.message = message
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var date: Day?, message = ""
        try json.object { key, json throws(JSONError) in
            switch key {
            case "date": date = Day(try json.string())
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.init(date: try json.require(date, "date"), message: message)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("date", "\(date)")
            $0.member("message", message)
        }
    }
}

/// What a sync answers.
public struct ScheduleSyncResult: Hashable, Sendable {
    public var sync: String
    public var clinic: ClinicID
    public var stats: ScheduleSyncStats
    public var start: Day
    public var end: Day
    public var syncedAt: Timestamp
    public var staleMinutes: Int
    /// In their order.
    public var failed: [FailedDate]
    public var dates: Int
    public var duration: Duration

    /// Only when every date came through.
    public var success: Bool { failed.isEmpty }
    public var partialSuccess: Bool { !failed.isEmpty && failed.count < dates }
}

extension ScheduleSyncResult: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("success", success)
            $0.member("syncId", sync)
            $0.member("clinicId", clinic)
            $0.member("stats", stats)
            $0.member("dateRange") {
                $0.object {
                    $0.member("start", "\(start)")
                    $0.member("end", "\(end)")
                }
            }
            $0.member("syncedAt", "\(syncedAt)")
            $0.member("nextStaleAt", "\(syncedAt + .seconds(staleMinutes * 60))")
            $0.member("errors", failed.map { "\($0.date): \($0.message)" })
            $0.member("failedDates", failed.map { "\($0.date)" })
            $0.member("partialSuccess", partialSuccess)
            $0.member("durationMs", Int(duration.milliseconds))
            $0.member("timestamp", "\(syncedAt)")
        }
    }
}
