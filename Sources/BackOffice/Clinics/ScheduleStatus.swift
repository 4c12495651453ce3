import JSONCodec
import Linux

/// A sync as its row tells it.
public struct SyncView: Hashable, Sendable {
    public var id: String
    /// `in_progress`, `completed` or `failed`.
    public var status: String
    public var start: String
    public var end: String
    /// 0 to 100.
    public var progress: Int
    public var currentDate: String?
    public var failedDates: [String]
    public var partialSuccess: Bool
    public var stats: ScheduleSyncStats
    public var error: String?
    public var startedAt: String
    public var completedAt: String?
    public var durationMs: Int?
}

extension SyncView: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("syncId", id)
            $0.member("status", status)
            $0.member("dateRange") { json in
                json.object {
                    $0.member("start", start)
                    $0.member("end", end)
                }
            }
            $0.member("progressPercentage", progress)
            $0.member("currentDate", currentDate)
            $0.member("failedDates", failedDates)
            $0.member("partialSuccess", partialSuccess)
            $0.member("stats", stats)
            $0.member("error", error)
            $0.member("startedAt", startedAt)
            $0.member("completedAt", completedAt)
            $0.member("durationMs", durationMs)
        }
    }
}

/// How fresh the mirror of a clinic is.
public struct ScheduleStatus: Hashable, Sendable {
    public var clinic: ClinicID
    public var lastSync: SyncView?
    /// The end of the last sync that completed.
    public var syncedAt: Timestamp?
    public var now: Timestamp
    public var staleMinutes: Int
    public var horizonDays: Int

    public var hasData: Bool { syncedAt != nil }
    public var nextStaleAt: Timestamp? { syncedAt.map { $0 + .seconds(staleMinutes * 60) } }
    /// From the minute on in which it becomes stale; a clinic without data is, and one whose data ``isAhead``.
    public var isStale: Bool { age.map { $0 >= .seconds(staleMinutes * 60) || isAhead } ?? true }
    /// Its last sync ended at a moment that has not come yet: the clock was set back, and how old the data are nobody knows.
    public var isAhead: Bool { age.map { $0 <= .seconds(-60) } ?? false }
    /// Never negative.
    public var minutesSinceSync: Int? { age.map { Int(max(.zero, $0).milliseconds / 60_000) } }

    private var age: Duration? { syncedAt.map { now - $0 } }
}

extension ScheduleStatus: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("clinicId", clinic)
            $0.member("hasData", hasData)
            $0.member("isStale", isStale)
            $0.member("lastSync", lastSync)
            $0.member("freshness") { json in
                json.object {
                    $0.member("syncedAt", syncedAt?.description)
                    $0.member("nextStaleAt", nextStaleAt?.description)
                    $0.member("minutesSinceSync", minutesSinceSync)
                    $0.member("staleThresholdMinutes", staleMinutes)
                    $0.member("syncHorizonDays", horizonDays)
                }
            }
        }
    }
}
