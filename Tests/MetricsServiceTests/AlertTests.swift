import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import Simulators
import Telemetry
import TestSupport
import Testing

/// Alerts from the figure to who is told.
@Suite(.heavy, .enabled(if: RunningMetrics.isBuilt, "millrace-metrics is not built"))
struct AlertTests {
    private static let quick = ["--tick-sec", "1"]

    private static func rules(_ sinks: String) -> String {
        """
        alerts:
        - {name: shop-closed, summary: "{town} has no shop.", value: shop_open, below: 1, severity: critical}
        disabled: [heartbeat]
        notify: {wait: 0s, interval: 0s, group: [town]}
        sinks:
        \(sinks)
        """
    }

    private func shop() -> (Registry, Gauge) {
        let registry = Registry(service: "shop", instance: "a", time: SystemTime())
        return (registry, registry.gauges("shop_open", "Shops.", labels: ["town"]).with("Hue"))
    }

    @Test func isToldToACommandAndAHookWhenItFiresAndWhenItClears() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(204)]) { hook in
            let told = TemporaryDirectory()
            let script = told.write("#!/bin/sh\ncat >>\"$1\"\necho >>\"$1\"\n", to: "tell")
            chmod(script, 0o755)
            let alerts = Self.rules(
                "- {command: [\"\(script)\", \"\(told.file("notices"))\"]}\n- {hook: \"\(hook.url("/alerts"))\"}")
            try await RunningMetrics.run(alerts: alerts, options: Self.quick) { metrics in
                let (registry, open) = shop()
                open.set(0)
                _ = try await metrics.publish(registry)
                let first = try await hook.calls(1)[0]
                let firing = try Tree(String(decoding: first.body, as: UTF8.self))
                #expect(firing["firing"][0]["rule"].string == "shop-closed")
                #expect(firing["firing"][0]["summary"].string == "Hue has no shop.")
                let list = try await metrics.call(AlertList.self, .init(events: 10))
                #expect(list.alerts.first?.rule == "shop-closed")
                #expect(list.alerts.first?.state == .firing)
                #expect(list.events.first?.rule == "shop-closed")

                open.set(1)
                _ = try await metrics.publish(registry)
                let second = try await hook.calls(2)[1]
                let resolved = try Tree(String(decoding: second.body, as: UTF8.self))
                #expect(resolved["resolved"][0]["rule"].string == "shop-closed")
                try await eventually("the command was told twice", within: .seconds(20)) {
                    (TestSupport.text(of: told.file("notices")) ?? "").split(separator: "\n").count >= 2
                }
                #expect(metrics.log.contains("alert firing: Hue has no shop."))
                #expect(metrics.log.contains("alert resolved: Hue has no shop."))
            }
        }
    }

    @Test func aSilenceKeepsItFromBeingToldAndSurvivesARestart() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(204)]) { hook in
            let alerts = Self.rules("- {hook: \"\(hook.url("/alerts"))\"}")
            try await RunningMetrics.run(alerts: alerts, options: Self.quick) { metrics in
                let silence = try await metrics.call(
                    AlertSilence.self,
                    .init(rule: "shop-closed", labels: ["town": "Hue"], forMs: 600_000, comment: "moving"))
                let (registry, open) = shop()
                open.set(0)
                _ = try await metrics.publish(registry)
                try await metrics.kill()
                try await metrics.start()
                try await eventually("it holds and is muted", within: .seconds(20), every: .milliseconds(50)) {
                    let alert = try await metrics.call(AlertList.self, .init()).alerts.first {
                        $0.rule == "shop-closed"
                    }
                    return alert?.mutedBy == "silence \(silence.id)"
                }
                #expect(hook.calls.isEmpty)
                #expect(try await metrics.call(AlertUnsilence.self, .init(id: silence.id)).ended)
                try await hook.calls(1)
            }
        }
    }

    @Test func whatWasToldBeforeARestartIsToldAsOverAfterIt() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(204)]) { hook in
            let alerts = Self.rules("- {hook: \"\(hook.url("/alerts"))\"}")
            try await RunningMetrics.run(alerts: alerts, options: Self.quick + ["--stale-sec", "2"]) { metrics in
                let (registry, open) = shop()
                open.set(0)
                _ = try await metrics.publish(registry)
                try await hook.calls(1)
                try await metrics.kill()
                try await metrics.start()
                open.set(1)
                _ = try await metrics.publish(registry)
                // Killed before it put down that the hook took the first notice, it tells that once more.
                try await eventually("it is told as over", within: .seconds(20)) {
                    try hook.calls.contains {
                        let notice = try Tree(String(decoding: $0.body, as: UTF8.self))
                        return notice["resolved"][0]["rule"].string == "shop-closed"
                    }
                }
                let events = try await metrics.call(AlertList.self, .init(events: 10)).events
                #expect(events.filter { $0.rule == "shop-closed" }.map(\.state) == [.resolved, .firing])
            }
        }
    }

    @Test func aTestNoticeSaysWhichSinkDidNotTakeIt() async throws {
        let alerts = Self.rules("- {command: [\"/bin/false\"]}\n- {command: [\"/bin/true\"]}")
        try await RunningMetrics.run(alerts: alerts, options: Self.quick) { metrics in
            let deliveries = try await metrics.call(AlertTest.self, Empty()).deliveries
            #expect(deliveries.map(\.sink) == ["journal", "command /bin/false", "command /bin/true"])
            #expect(deliveries.map(\.delivered) == [true, false, true])
        }
    }

    @Test func whatCannotBeSilencedIsRefusedByName() async throws {
        try await RunningMetrics.run { metrics in
            let unknown = await #expect(throws: RPCError.self) {
                try await metrics.call(AlertSilence.self, .init(rule: "memroy", forMs: 60_000, comment: "x"))
            }
            #expect(unknown?.reason == "alert.unknown")
            #expect(unknown?.message.contains("did you mean memory") == true)
            let short = await #expect(throws: RPCError.self) {
                try await metrics.call(AlertSilence.self, .init(rule: "memory", forMs: 1, comment: "x"))
            }
            #expect(short?.field == "forMs")
            // One character to the eye, with as many accents as one likes.
            let long = await #expect(throws: RPCError.self) {
                let comment = "e" + String(repeating: "\u{301}", count: AlertSilence.comment.upperBound)
                return try await metrics.call(AlertSilence.self, .init(forMs: 60_000, comment: comment))
            }
            #expect(long?.field == "comment")
            let wide = await #expect(throws: RPCError.self) {
                let labels = ["town": String(repeating: "x", count: AlertSilence.labelBytes)]
                return try await metrics.call(AlertSilence.self, .init(labels: labels, forMs: 60_000, comment: "x"))
            }
            #expect(wide?.field == "labels")
        }
    }

    @Test func silencesAreListedInPages() async throws {
        try await RunningMetrics.run { metrics in
            var numbers: [Int] = []
            for town in ["Hue", "Da Nang", "Hoi An"] {
                let silence = try await metrics.call(
                    AlertSilence.self, .init(labels: ["town": town], forMs: 600_000, comment: "moving"))
                numbers.append(silence.id)
            }
            let first = try await metrics.call(AlertList.self, .init(limit: 2))
            #expect(first.silences.map(\.id) == Array(numbers[..<2]) && first.nextSilencesAfter == numbers[1])
            let last = try await metrics.call(AlertList.self, .init(silencesAfter: first.nextSilencesAfter, limit: 2))
            #expect(last.silences.map(\.id) == [numbers[2]] && last.nextSilencesAfter == nil)
            #expect(try await metrics.call(AlertList.self, .init(limit: 3)).nextSilencesAfter == nil)
            let none = await #expect(throws: RPCError.self) { try await metrics.call(AlertList.self, .init(limit: 0)) }
            #expect(none?.field == "limit")
        }
    }

    /// Escaped, each of these characters takes six bytes.
    @Test func aPageOfTheLongestSilencesFitsAFrame() {
        let silence = SilenceView(
            id: Int.max, rule: String(repeating: "r", count: 200),
            labels: ["l": String(repeating: "\u{1}", count: AlertSilence.labelBytes - 1)],
            until: Timestamp(milliseconds: 1 << 46), by: String(repeating: "b", count: 256),
            comment: String(repeating: "\u{1}", count: AlertSilence.comment.upperBound))
        let page = AlertList.Result(
            alerts: [], silences: Array(repeating: silence, count: AlertList.page.upperBound), events: [], rules: [])
        #expect(JSON.encode(page).count < 12 << 20, "with room for alerts and events")
    }
}
