import Linux
import MillraceStore

/// A series over a time.
public struct SeriesRange: Sendable, Hashable {
    public struct Point: Sendable, Hashable {
        /// When the step began.
        public var time: Timestamp
        public var value: Double
        public var low: Double
        public var high: Double
    }

    public var labels: [String: String]
    public var kind: Sample.Kind
    public var points: [Point]
}

extension History {
    /// The series of a name between two times, one point for each step.
    ///
    /// The step is that of the finest points that reach back so far, made coarser until no series has more than `limit`
    /// points. What nobody wrote is missing: there are no zeros in its place.
    ///
    /// - Parameters:
    ///   - labels: those a series has to have.
    ///   - series: how many series at most, by their labels in order.
    public func read(
        _ name: String, _ labels: [String: String] = [:], from start: Timestamp, to end: Timestamp, now: Timestamp,
        limit: Int = 500, series: Int = 100
    ) async throws -> (step: Int64, ranges: [SeriesRange]) {
        let seconds = max(1, (end.milliseconds - start.milliseconds) / 1000)
        let level = options.levels.first { start >= now - $0.kept } ?? options.levels[options.levels.count - 1]
        let least = (seconds + Int64(max(1, limit)) - 1) / Int64(max(1, limit))
        let step = max(1, (least + level.step - 1) / level.step) * level.step
        let fine = level.step
        let ranges = try await database.read { connection in
            let found = try connection.query(
                "SELECT id, labels, kind FROM series WHERE name = ? ORDER BY labels", .text(name)
            ) { (id: $0.int(0), labels: try $0.json(1, "the labels of \(name)") as [String: String], kind: $0.text(2)) }
            var ranges: [SeriesRange] = []
            for row in found where ranges.count < series {
                let own = row.labels
                guard labels.allSatisfy({ own[$0.key] == $0.value }) else { continue }
                let kind = Sample.Kind(rawValue: row.kind) ?? .level
                let points = try connection.query(
                    """
                    SELECT time - time % ?1, CASE ?6 WHEN 'growth' THEN SUM(value) ELSE AVG(value) END,
                        CASE ?6 WHEN 'growth' THEN SUM(value) ELSE MIN(low) END,
                        CASE ?6 WHEN 'growth' THEN SUM(value) ELSE MAX(high) END
                    FROM point WHERE series = ?2 AND step = ?3 AND time >= ?4 AND time <= ?5
                    GROUP BY time - time % ?1 ORDER BY 1
                    """, .int(step), .int(row.id), .int(fine), .int(start.milliseconds / 1000),
                    .int(end.milliseconds / 1000), .text(row.kind)
                ) {
                    SeriesRange.Point(
                        time: Timestamp(milliseconds: $0.int(0) * 1000), value: $0.real(1), low: $0.real(2),
                        high: $0.real(3))
                }
                if !points.isEmpty { ranges.append(SeriesRange(labels: own, kind: kind, points: points)) }
            }
            return ranges
        }
        return (step, ranges)
    }

    /// The names of all series there are.
    public func names() async throws -> [String] {
        try await database.read { try $0.query("SELECT DISTINCT name FROM series ORDER BY name") { $0.text(0) } }
    }
}
