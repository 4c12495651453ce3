import JSONCodec
import Linux
import MillraceProtocol
import Telemetry

/// What a benchmark measured.
struct BenchReport: Sendable {
    struct Submitted: Sendable {
        var took: Duration
        /// Of each call, from the request to its answer.
        var calls: Quantiles<Duration>
        var ids: Set<JobID>
        /// What the receipts said.
        var durabilities: Set<JobDurability>
        /// When the first was submitted, on the boot clock.
        var begin: Duration
    }

    struct Life: Sendable {
        /// From the first submit to the end of the last job.
        var took: Duration
        /// False when the jobs stopped ending before all were over.
        var isWhole: Bool
        /// From submitted to started, and to finished, as the rows have it.
        var starts = Quantiles<Duration>([])
        var ends = Quantiles<Duration>([])
        var states: [JobState: Int] = [:]
    }

    var run: BenchRun
    var submitted: Submitted
    var life: Life?

    /// The shares whose quantiles are printed, by their names.
    private static let shares: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1),
    ]

    private var durability: String {
        submitted.durabilities.map(\.rawValue).sorted().joined(separator: " and ")
    }

    private static func rate(_ count: Int, _ took: Duration) -> Int {
        took > .zero ? Int((Double(count) / took.seconds).rounded()) : 0
    }

    func lines(for terminal: Terminal) -> [String] {
        let jobs = submitted.ids.count
        var lines = [
            DisplayText.harmless(
                "\(Counted.text(jobs, "job")) of kind \(run.kind) into queue \(run.queue): "
                    + "\(Counted.text(run.connections, "connection")), \(run.batch) a call, durability \(durability)")
        ]
        var table = Table(
            [.text("Phase"), .number("Jobs/s")] + Self.shares.map { .number($0.name) } + [.text("Measured")])
        func row(_ name: String, _ rate: Int?, _ quantiles: Quantiles<Duration>, _ what: String) {
            table.add(
                [Table.Cell(name), Table.Cell(rate.map(String.init) ?? "")]
                    + Self.shares.map { Table.Cell(quantiles[$0.share]?.precise ?? "") } + [Table.Cell(what)])
        }
        row("submit", Self.rate(jobs, submitted.took), submitted.calls, "a call, request to answer")
        if let life {
            row("start", nil, life.starts, "submitted to started, in whole ms")
            row("life", life.isWhole ? Self.rate(jobs, life.took) : nil, life.ends, "submitted to over, in whole ms")
        }
        lines += table.lines(for: terminal)
        if let life {
            if life.ends.count < jobs, life.isWhole { lines.append("start and life: the last \(life.ends.count) jobs") }
            let bad = life.states.filter { $0.key != .succeeded }.sorted { $0.key.rawValue < $1.key.rawValue }
            lines += bad.map { "\(Counted.text($0.value, "job")) ended \($0.key.rawValue)" }
            if !life.isWhole { lines.append("not all were over when none ended any more: the life is not counted") }
        }
        return lines
    }
}

extension BenchReport: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("kind", run.kind)
            json.member("queue", run.queue)
            json.member("jobs", submitted.ids.count)
            json.member("connections", run.connections)
            json.member("batch", run.batch)
            json.member("durability", submitted.durabilities.map(\.rawValue).sorted())
            json.member("submit") { json in
                Self.write(
                    Self.rate(submitted.ids.count, submitted.took), submitted.took, submitted.calls, to: &json)
            }
            guard let life else { return }
            json.member("start") { json in Self.write(nil, nil, life.starts, to: &json) }
            json.member("life") { json in
                let rate = life.isWhole ? Self.rate(submitted.ids.count, life.took) : nil
                Self.write(rate, life.took, life.ends, to: &json)
            }
            json.member("ended") { json in
                json.object { json in
                    for (state, count) in life.states.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                        json.member(state.rawValue, count)
                    }
                }
            }
            json.member("allOver", life.isWhole)
        }
    }

    /// Rates in jobs a second, everything else in microseconds.
    private static func write(
        _ rate: Int?, _ took: Duration?, _ quantiles: Quantiles<Duration>, to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("jobsPerSecond", ifPresent: rate)
            json.member("tookUs", ifPresent: took?.microseconds)
            for (name, share) in Self.shares {
                json.member("\(name)Us", ifPresent: quantiles[share]?.microseconds)
            }
        }
    }
}
