import Glibc
import Telemetry
import TestSupport

/// The table as a document.
struct CrashReport {
    var rows: [CrashRow]
    var seed: UInt64
    var took: Duration

    static func line(_ row: CrashRow) -> String {
        let times = Quantiles(row.times)
        let figures = times.count == 0 ? " | | |" : " \(times.count) | \(milliseconds(times)) |"
        return "| \(row.plan.what) | \(row.plan.point) | \(row.kills) | \(row.held) | \(row.unanswered) | "
            + "\(row.acknowledged) | \(row.lost) | \(row.doubled) |\(figures)"
    }

    private static func milliseconds(_ times: Quantiles<Int>) -> String {
        [0.5, 0.99, 1].map { share in
            let tenths = Int((Double(times[share] ?? 0) / 1e5).rounded())
            return "\(tenths / 10).\(tenths % 10)"
        }.joined(separator: " / ")
    }

    func write(to path: String) throws {
        let sum = { (value: (CrashRow) -> Int) in rows.reduce(0) { $0 + value($1) } }
        let broken = rows.flatMap { row in row.faults.map { "\(row.plan): \($0)" } }
        let text = """
            # What survives `kill -9`

            Made by `make crash`; do not edit. \(CrashConditions(seed: seed, took: took, command: "make crash"))

            **\(sum(\.kills)) kills, \(sum(\.acknowledged)) acknowledged jobs: \(sum(\.lost)) lost, \(sum(\.doubled)) \
            completions counted or carried out twice.** \
            \(broken.isEmpty ? "No other promise was broken." : "Broken promises: " + broken.joined(separator: "; "))

            \(refused)

            | killed | point | kills | items in work | answers lost | acknowledged | lost | doubled | measured | p50 / p99 / max ms |
            | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            \(rows.map(Self.line).joined(separator: "\n"))

            ## How to read it

            * *Items in work*: received by a worker and not ended, at the moments of the kills, summed. *Answers lost*:
              submissions that were sent and not answered because of a kill; each was repeated under its key until it was.
            * *Acknowledged*: jobs of which some caller has a receipt. Single ones stand in a queue of the class `disk` or
              `crash`, as the dice fall, batches in one of the class `disk`; a killed process leaves the page cache, so
              neither class may lose any. They are of every sort: single, in batches, with a key, unique (`reject`,
              `replace`, `keep`), delayed, after another, with a hook, attached, failing the first time, cancelled, retried,
              edited, buried; of one part and of several; done by outside workers, by a pool, by commands.
            * *Lost*: acknowledged, and not there or not over after everything was drained.
            * *Doubled*: two jobs of one submission, two final states or two counted completions of one item, an item that was
              given out again after its completion was counted, a hook that fired twice. What each worker did is known from
              its own account, a line in a file before it answers.
            * Checked besides, and named above when it fails: every job that is over has exactly one end; what is counted
              as done was done, under that fencing number; followers began after what they follow; hooks fired; no command
              ran beside its successor; places of keys were given back; no attempt stayed open; jobs failed only where
              three of their workers had been killed (\(sum(\.failed)) did); the database is whole; no process and no
              descriptor is left over.
            * *ms*: from the SIGKILL to the next attempt. For workers and commands: of each item that the process held, until
              another worker, or a new process, has received it (\(sum { $0.plan.isOfWorkers ? $0.times.count : 0 }) times). For
              the runner: until any item was given out by the next run, its start included.
            * Named points: a tracer kills the runner as one of its threads enters its n-th call of that name,
              n = 1, 2, 3, … one number for each kill, counted from its start, or from the signal where it drains or
              reloads. So the calls before have happened and this one has not.
              Low numbers fall into the start, and some calls are hardly made after it (what is opened): the columns of
              items and answers tell how much was going on. A start or reload with fewer such calls than the number lived.

            """
        try writeFile(text, to: path)
    }

    private var refused: String {
        let starts = rows.reduce(0) { $0 + $1.refusedStarts.count }
        return starts == 0
            ? "Every start after a kill came up at the first try."
            : "\(starts) starts right after a kill ended by themselves and were repeated, as a service manager does."
    }
}

extension CrashPlan {
    /// Whether those die who do the work.
    var isOfWorkers: Bool {
        switch way {
        case .outside, .pooled, .command: true
        default: false
        }
    }
}
