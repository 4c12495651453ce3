import Linux
import MillraceProtocol

/// Limits and breakers in tables and sentences.
enum LimitText {
    static func table(_ limits: [LimitView]) -> Table {
        var table = Table([
            .text("Scope"), .text("Name", shrinksTo: 10), .number("Max running"), .number("Max waiting"),
            .text("Rate", optional: true), .number("Burst", optional: true), .number("Used"), .number("Waiting"),
            .text("From", leaves: 1),
        ])
        for limit in limits {
            table.add([
                Table.Cell(limit.scope.rawValue), Table.Cell(limit.name ?? all(limit.scope)),
                Table.Cell(limit.running.map(String.init) ?? ""), Table.Cell(limit.waiting.map(String.init) ?? ""),
                Table.Cell(limit.ratePerSecond.map(rate) ?? ""), Table.Cell(limit.burst.map(String.init) ?? ""),
                Table.Cell("\(limit.used)", isReached(limit) ? .warning : .plain), Table.Cell(limit.waitingNow),
                Table.Cell(limit.source.rawValue),
            ])
        }
        return table
    }

    /// "resource notion: 2.5/s, burst 5 (set); 1 used, 12 wait"
    static func sentence(_ limit: LimitView) -> String {
        let name = limit.name ?? all(limit.scope)
        let parts = [
            limit.running.map { "at most \($0) run" }, limit.waiting.map { "at most \($0) wait" },
            limit.ratePerSecond.map(rate), limit.burst.map { "burst \($0)" },
        ].compactMap(\.self)
        let bounds = parts.isEmpty ? "no limit" : parts.joined(separator: ", ")
        let head = name.isEmpty ? limit.scope.rawValue : "\(limit.scope.rawValue) \(name)"
        return DisplayText.harmless(
            "\(head): \(bounds) (\(limit.source.rawValue)); \(limit.used) used, \(limit.waitingNow) wait")
    }

    /// What a limit without a name holds for.
    private static func all(_ scope: LimitScope) -> String {
        switch scope {
        case .machine: ""
        case .key: "(keys of every kind)"
        case .user: "(every user)"
        case .queue, .kind, .resource: "(every other \(scope.rawValue))"
        }
    }

    static func rate(_ perSecond: Double) -> String {
        let whole = Int(exactly: perSecond.rounded()).flatMap { Double($0) == perSecond ? "\($0)" : nil }
        return "\(whole ?? "\(perSecond)")/s"
    }

    private static func isReached(_ limit: LimitView) -> Bool {
        limit.waitingNow > 0 || limit.running.map { limit.used >= $0 } ?? false
    }

    static func table(_ breakers: [BreakerView], now: Timestamp) -> Table {
        var table = Table([
            .text("Breaker", shrinksTo: 12), .text("State"), .number("Failures"), .number("Opens at"), .number("Pause"),
            .text("Next trial", optional: true),
        ])
        for breaker in breakers {
            table.add([
                Table.Cell(breaker.name), Table.Cell(word(breaker.state), tone(breaker.state)),
                Table.Cell(breaker.failures), Table.Cell(breaker.threshold),
                Table.Cell(Duration.milliseconds(breaker.pauseMs).short),
                Table.Cell(breaker.until.map { "in \(max(.zero, $0 - now).short)" } ?? ""),
            ])
        }
        return table
    }

    static func word(_ state: BreakerState) -> String {
        switch state {
        case .closed, .open: state.rawValue
        case .halfOpen: "half open"
        case .forcedOpen: "open by hand"
        case .forcedClosed: "closed by hand"
        }
    }

    static func tone(_ state: BreakerState) -> Tone {
        switch state {
        case .closed: .good
        case .halfOpen, .forcedClosed: .warning
        case .open, .forcedOpen: .bad
        }
    }
}
