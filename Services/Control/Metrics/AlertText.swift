import Linux
import MillraceProtocol

/// Alerts in lines.
enum AlertText {
    static func lines(_ answer: AlertList.Result, _ terminal: Terminal) -> [String] {
        let alerts = answer.alerts.filter { $0.severity != .none }
        var lines = alerts.isEmpty ? ["no alert"] : table(alerts).lines(for: terminal)
        if !answer.silences.isEmpty { lines += [""] + table(answer.silences).lines(for: terminal) }
        if let next = answer.nextSilencesAfter { lines.append("more silences with --silences-after \(next)") }
        if !answer.events.isEmpty { lines += [""] + table(answer.events).lines(for: terminal) }
        return lines
    }

    private static func tone(_ severity: AlertSeverity, _ state: AlertPhase) -> Tone {
        switch (severity, state) {
        case (_, .resolved): .good
        case (_, .pending), (.none, _): .quiet
        case (.critical, .firing): .bad
        case (.warning, .firing): .warning
        }
    }

    private static func table(_ alerts: [AlertView]) -> Table {
        var table = Table([
            .text("Alert"), .text("Severity"), .text("State"), .text("Since"), .text("Muted", optional: true),
            .text("Summary", shrinksTo: 30),
        ])
        for alert in alerts {
            table.add([
                Table.Cell(alert.rule), Table.Cell(alert.severity.rawValue, tone(alert.severity, alert.state)),
                Table.Cell(alert.state.rawValue), Table.Cell(alert.since.short), Table.Cell(alert.mutedBy ?? ""),
                Table.Cell(alert.summary),
            ])
        }
        return table
    }

    private static func table(_ silences: [SilenceView]) -> Table {
        var table = Table([
            .number("Silence"), .text("Alert"), .text("Labels", optional: true), .text("Until"), .text("By"),
            .text("Why", shrinksTo: 20),
        ])
        for silence in silences {
            table.add([
                Table.Cell(silence.id), Table.Cell(silence.rule ?? "all"), Table.Cell(MetricsText.text(silence.labels)),
                Table.Cell(silence.until.short), Table.Cell(silence.by), Table.Cell(silence.comment),
            ])
        }
        return table
    }

    private static func table(_ events: [AlertEventView]) -> Table {
        var table = Table([.text("Told"), .text("Alert"), .text("State"), .text("Summary", shrinksTo: 30)])
        for event in events {
            table.add([
                Table.Cell(event.time.short), Table.Cell(event.rule),
                Table.Cell(event.state.rawValue, tone(event.severity, event.state)), Table.Cell(event.summary),
            ])
        }
        return table
    }
}
