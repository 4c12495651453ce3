import Linux
import Monitoring
import Plots

/// What the page shows of the past, out of the history.
struct PageCourse: Sendable {
    /// By service, one value for each minute of the last hour.
    var requests: [String: [Double?]] = [:]
    /// By queue, likewise over three hours, one for each ten minutes at most.
    var depth: [String: [Double?]] = [:]
    var plots: [LinePlot] = []

    static let span = Duration.seconds(3 * 3600)

    static func read(_ history: History, now: Timestamp) async throws -> PageCourse {
        var course = PageCourse()
        let hour = now - .seconds(3600), start = now - span
        let (step, requests) = try await history.read(
            "millrace_rpc_duration_seconds_count", from: hour, to: now, now: now, limit: 60, series: 500)
        for (service, ranges) in Dictionary(grouping: requests, by: { $0.labels["service"] ?? "" }) {
            course.requests[service] = row(ranges, step: step, from: hour, to: now).map { $0.map { $0 / Double(step) } }
        }
        let (coarse, queues) = try await history.read(
            "millrace_queue_ready", from: start, to: now, now: now, limit: 180)
        for (queue, ranges) in Dictionary(grouping: queues, by: { $0.labels["queue"] ?? "" }) {
            course.depth[queue] = row(ranges, step: coarse, from: start, to: now)
        }
        let (_, finished) = try await history.read("millrace_jobs_finished", from: start, to: now, now: now, limit: 180)
        let (_, failed) = try await history.read("millrace_jobs_failed", from: start, to: now, now: now, limit: 180)
        let span = Double(start.milliseconds) / 1000...Double(now.milliseconds) / 1000
        var waiting = LinePlot("Jobs that wait", lines(queues, by: "queue", 5))
        waiting.span = span
        var throughput = LinePlot(
            "Jobs that ended, a minute",
            [line("finished", finished, perMinute: coarse), line("failed", failed, perMinute: coarse)].compactMap { $0 }
        )
        throughput.span = span
        course.plots = [waiting, throughput]
        return course
    }

    /// The sums over several series, one value for each step; nil where nothing was written.
    private static func row(_ ranges: [SeriesRange], step: Int64, from start: Timestamp, to end: Timestamp) -> [Double?]
    {
        let first = start.milliseconds / 1000 / step * step
        let count = Int((end.milliseconds / 1000 - first) / step) + 1
        var row = [Double?](repeating: nil, count: max(0, min(count, 1000)))
        for range in ranges {
            for point in range.points {
                let place = Int((point.time.milliseconds / 1000 - first) / step)
                guard row.indices.contains(place) else { continue }
                row[place] = (row[place] ?? 0) + point.value
            }
        }
        // The step that has only begun would look like a fall.
        return Array(row.dropLast())
    }

    private static func lines(_ ranges: [SeriesRange], by label: String, _ limit: Int) -> [LinePlot.Line] {
        let named = ranges.filter { $0.points.contains { $0.high > 0 } }
        let sorted = named.sorted { most($0) > most($1) }
        return sorted.prefix(limit).map { range in
            LinePlot.Line(
                range.labels[label] ?? "",
                range.points.map { point in
                    LinePlot.Point(Double(point.time.milliseconds) / 1000, point.value, range: point.low...point.high)
                })
        }
    }

    private static func most(_ range: SeriesRange) -> Double { range.points.map(\.high).max() ?? 0 }

    /// Several series of growth as one line.
    private static func line(_ name: String, _ ranges: [SeriesRange], perMinute step: Int64) -> LinePlot.Line? {
        guard !ranges.isEmpty else { return nil }
        var sums: [Int64: Double] = [:]
        for range in ranges {
            for point in range.points { sums[point.time.milliseconds, default: 0] += point.value }
        }
        let points = sums.sorted { $0.key < $1.key }.map { time, sum in
            LinePlot.Point(Double(time) / 1000, sum * 60 / Double(step))
        }
        return LinePlot.Line(name, points)
    }
}
