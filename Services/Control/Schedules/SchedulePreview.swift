import Calendars
import JSONCodec
import Linux

/// What a rule of recurrence will do: its next runs, and what the next clock changes do to it.
struct SchedulePreview {
    var spec: String
    var table: Timetable
    var after: Instant
    var preview: Preview

    init(_ spec: String, _ table: Timetable, after: Instant, count: Int) {
        self.spec = spec
        self.table = table
        self.after = after
        preview = Preview(table.recurrence ?? .any([]), in: table.zone, after: after, count: count)
    }

    func lines(for terminal: Terminal) -> [String] {
        var facts = Facts()
        facts.add("Rule", spec)
        facts.add("Means", table.normalized == spec ? nil : table.normalized)
        facts.add("Zone", table.grammar == .span ? nil : table.zone.name)
        var lines = facts.lines(for: terminal)
        guard !preview.runs.isEmpty else { return lines + ["never runs after \(after)"] }
        var runs = Table([.text("In UTC"), .text("On the clock"), .text("From now", leaves: 1)])
        let now = RunTime.now()
        for run in preview.runs {
            let distance = Duration.microseconds(run.instant.microseconds - now.microseconds)
            runs.add([
                Table.Cell(run.instant.description), Table.Cell(run.description),
                Table.Cell(distance > .zero ? distance.short : "past", .quiet),
            ])
        }
        lines += runs.lines(for: terminal)
        return lines + preview.changes.map { terminal.paint("\($0)", $0.effect == .none ? .quiet : .warning) }
    }
}

extension SchedulePreview: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("kind", table.grammar.rawValue)
            json.member("spec", spec)
            json.member("normalized", table.normalized)
            json.member("usec", ifPresent: table.span?.microseconds)
            json.member("zone", table.zone.name)
            json.member("after", after.description)
            json.member("next", preview.runs.map(\.instant.description))
            json.member("local", preview.runs.map(\.description))
            json.member("changes") { json in
                json.array { json in
                    for change in preview.changes {
                        json.object {
                            $0.member("at", change.change.instant.description)
                            $0.member("kind", change.change.kind.rawValue)
                            $0.member("effect", "\(change.effect)")
                            $0.member("note", "\(change)")
                        }
                    }
                }
            }
        }
    }
}
