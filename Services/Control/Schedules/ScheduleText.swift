import JSONCodec
import Linux
import MillraceProtocol

/// Schedules in tables and sentences.
enum ScheduleText {
    static func table(_ schedules: [ScheduleView]) -> Table {
        var table = Table([
            .text("Schedule", shrinksTo: 12), .text("Kind", shrinksTo: 12), .text("When", shrinksTo: 12),
            .text("Zone", optional: true), .text("Next"), .number("Runs"), .text("Last", optional: true, leaves: 1),
        ])
        for view in schedules {
            let next =
                view.paused
                ? "paused" + (view.pausedUntil.map { " until \($0.short)" } ?? "") : view.next?.short ?? "never"
            table.add([
                Table.Cell(view.schedule.name), Table.Cell(view.schedule.job.kind), Table.Cell(when(view.schedule)),
                Table.Cell(view.schedule.zone ?? ""), Table.Cell(next, view.paused ? .warning : .plain),
                Table.Cell(view.runs), Table.Cell(view.last?.short ?? ""),
            ])
        }
        return table
    }

    /// All rules, with a semicolon between them.
    static func when(_ schedule: ScheduleSpecification) -> String {
        let rules =
            (schedule.onCalendar ?? []) + (schedule.cron ?? []) + (schedule.cronSeconds ?? [])
            + (schedule.every.map { ["every \($0)"] } ?? []) + (schedule.at ?? []).map(\.short)
        return rules.joined(separator: "; ")
    }

    static func facts(_ view: ScheduleView, for terminal: Terminal) -> [String] {
        let schedule = view.schedule
        var facts = Facts()
        facts.add("Schedule", schedule.name)
        facts.add("Summary", schedule.summary)
        facts.add("Job", schedule.job.kind + (schedule.job.params.map { " \($0.text)" } ?? ""))
        facts.add("When", when(schedule))
        facts.add("Zone", schedule.zone)
        facts.add("In a gap", schedule.gap)
        facts.add("In an overlap", schedule.overlap)
        facts.add("Not on", ((schedule.exceptDates ?? []) + (schedule.exceptDays ?? [])).joined(separator: "; "))
        facts.add("Jitter", schedule.jitterMs.map { "up to \(Duration.milliseconds($0).short)" })
        facts.add("Quiet", schedule.quiet.map { "\($0.from) to \($0.to), \(($0.mode ?? .skip).rawValue)" })
        facts.add("From", schedule.startAt?.short)
        facts.add("Until", schedule.endAt?.short)
        facts.add("While running", (schedule.whileRunning ?? .skip).rawValue)
        facts.add("Missed runs", missed(schedule.catchUp ?? .init(.last)))
        facts.add("Pauses", schedule.pauseAfterFailures.map { "after \($0) failures in a row" })
        facts.add("File", view.file)
        if view.paused {
            let until = view.pausedUntil.map { ", until \($0.short)" } ?? ""
            facts.add("Paused", "\(view.pauseReason ?? "by hand")\(until)", .warning)
        } else {
            facts.add("Next", view.next?.short ?? "never")
        }
        facts.add("Put off", view.putOff, .warning)
        facts.add("Runs", "\(view.runs)" + (schedule.limit.map { " of \($0)" } ?? ""))
        facts.add("Failures", view.failures > 0 ? "\(view.failures) in a row" : nil, .bad)
        return facts.lines(for: terminal)
    }

    /// "window, those of the last 1 d 00 h, not before 1 m 00 s after boot"
    static func missed(_ rule: ScheduleCatchUp) -> String {
        var text = rule.mode.rawValue
        if let span = rule.spanMs {
            text += (rule.mode == .rate ? ", one each " : ", those of the last ") + Duration.milliseconds(span).short
        }
        if let wait = rule.afterBootMs { text += ", not before \(Duration.milliseconds(wait).short) after boot" }
        return text
    }

    static func history(_ runs: [ScheduleRun]) -> Table {
        var table = Table([
            .text("Nominal time"), .text("Cause"), .text("Outcome"), .number("Job"), .number("Late"),
            .text("Note", shrinksTo: 20, leaves: 1),
        ])
        for run in runs {
            table.add([
                Table.Cell(run.nominal.short), Table.Cell(run.cause.rawValue),
                Table.Cell(run.outcome.rawValue, run.outcome == .submitted ? .plain : .warning),
                Table.Cell(run.job.map(\.description) ?? ""),
                Table.Cell(run.latenessMs.map { Duration.milliseconds($0).short } ?? ""), Table.Cell(run.note ?? ""),
            ])
        }
        return table
    }

    /// A bar for each part of the time.
    static func load(_ load: ScheduleLoad.Result, for terminal: Terminal) -> [String] {
        let most = load.counts.max() ?? 0
        guard most > 0 else { return ["no run begins in this time"] }
        var table = Table([
            .text("From"), .number("Runs"), .text("Load"), .text("Most of them", shrinksTo: 12, leaves: 1),
        ])
        for (index, count) in load.counts.enumerated() {
            let from = load.from + .milliseconds(load.stepMs * index)
            let bar = String(repeating: "█", count: count == 0 ? 0 : max(1, count * 40 / most))
            table.add([
                Table.Cell(from.short), Table.Cell(count), Table.Cell(bar),
                Table.Cell(load.busiest.indices.contains(index) ? load.busiest[index] : ""),
            ])
        }
        return table.lines(for: terminal) + (load.complete ? [] : ["there is more than could be counted"])
    }
}
