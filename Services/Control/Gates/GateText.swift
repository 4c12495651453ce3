import Linux
import MillraceProtocol

/// Queues and kinds, as jobs pass through them, in tables and sentences.
enum GateText {
    static func tone(_ state: GateState) -> Tone { state == .open ? .good : .warning }

    static func table(_ title: String, _ gates: [GateView]) -> Table {
        var table = Table([
            .text(title, shrinksTo: 12), .text("State"), .number("Running"), .number("Ready"), .number("Held"),
            .number("Scheduled", leaves: 2), .text("Durability", optional: true, leaves: 1),
            .number("Max running", optional: true, leaves: 3), .number("Max waiting", optional: true, leaves: 3),
            .text("Why", shrinksTo: 12, optional: true),
        ])
        for gate in gates {
            table.add([
                Table.Cell(gate.name), Table.Cell(gate.state.rawValue, tone(gate.state)), Table.Cell(gate.running),
                Table.Cell(gate.ready), Table.Cell(gate.held), Table.Cell(gate.scheduled),
                Table.Cell(gate.durability?.rawValue ?? ""), Table.Cell(gate.runningLimit.map(String.init) ?? ""),
                Table.Cell(gate.waitingLimit.map(String.init) ?? ""), Table.Cell(why(gate)),
            ])
        }
        return table
    }

    static func lines(_ list: QueueList.Result, _ terminal: Terminal) -> [String] {
        let queues = list.queues.isEmpty ? ["no queue has jobs"] : table("Queue", list.queues).lines(for: terminal)
        return list.kinds.isEmpty ? queues : queues + [""] + table("Kind", list.kinds).lines(for: terminal)
    }

    /// "queue mail is paused until 2026-11-21T02:31:00Z: the mail host is down; 2 jobs still run"
    static func sentence(_ noun: String, _ gate: GateView) -> String {
        var text = "\(noun) \(gate.name) is \(gate.state.rawValue)"
        let why = why(gate)
        if !why.isEmpty { text += gate.until == nil || gate.state != .paused ? ": \(why)" : " \(why)" }
        if gate.state != .open, gate.running > 0 {
            text += "; \(Counted.text(gate.running, "job")) still \(gate.running == 1 ? "runs" : "run")"
        }
        if gate.state == .draining {
            let waiting = gate.ready + gate.held + gate.scheduled
            text += waiting == 0 ? "" : "; \(Counted.text(waiting, "job")) still to run"
        }
        return DisplayText.harmless(text)
    }

    /// "queue mail: crash, at most 8 run, any number waits"
    static func settings(_ queue: QueueView) -> String {
        let running = queue.runningLimit.map { "at most \($0) run" } ?? "any number runs"
        let waiting = queue.waitingLimit.map { "at most \($0) wait" } ?? "any number waits"
        return "queue \(queue.name): \(queue.durability.map { "\($0.rawValue), " } ?? "")\(running), \(waiting)"
    }

    private static func why(_ gate: GateView) -> String {
        let until = gate.state == .paused ? gate.until.map { "until \($0.short)" } : nil
        return [until, gate.state == .open ? nil : gate.reason].compactMap(\.self).joined(separator: ": ")
    }
}
