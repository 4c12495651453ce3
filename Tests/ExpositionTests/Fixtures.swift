import Foundation
import Linux
import Telemetry
import TestSupport
import Testing

/// Families of every kind, with all that is hard to write.
func everyKind() -> [FamilySnapshot] {
    let time = ManualTime(wall: Timestamp("2026-11-21T12:00:00.250Z")!)
    let registry = Registry(service: "runner", instance: "i", time: time)
    let calls = registry.counters(
        "millrace_calls", "Calls,\n\"quoted\" \\ and more.", labels: ["method"], exemplars: true)
    calls.with("job.submit").increment(by: 12, correlation: "c-1 \"x\"")
    calls.with("Đà Nẵng \"☃\" \\ \n 😀").add(0.25)
    calls.with("").increment(by: 1 << 53)
    registry.gauge("millrace_depth", "Depth.").set(-.infinity)
    registry.gauge("millrace_cache_hit_ratio", "Hits.").set(.nan)
    registry.gauge("process_memory_bytes", "Memory.", unit: "bytes", merging: .each).set(1e21)
    let waits = registry.histograms("millrace_wait_seconds", "Waits.", labels: ["queue"])
    for milliseconds in [3, 7, 30, 70_000] { waits.with("a").record(.milliseconds(milliseconds), correlation: "c-2") }
    _ = waits.with("empty")
    let briefs = registry.distribution("millrace_brief_duration_seconds", "Briefs.")
    for second in 1...100 { briefs.record(.milliseconds(second * 50)) }
    _ = registry.distribution("millrace_idle_duration_seconds", "Nothing yet.")
    registry.info("millrace_build", "Build.", ["version": "1.2.3", "commit": "abc"])
    registry.stateSets(
        "millrace_breaker_state", "Breakers.", states: ["closed", "open", "half_open"], labels: ["name"]
    )
    .with("chat").set("half_open")
    return registry.snapshot().families
}

struct ExpositionCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Family: Decodable, Sendable {
        let name: String
        let type: String
        let help: String
    }
    let id: String
    let format: String
    let name: String
    let text: String
    let should_parse: Bool
    let families: [Family]?

    var testDescription: String { "\(id) \(name)" }

    static let all: [ExpositionCase] = rows("metrics/exposition_parse_cases.jsonl")
}

struct PromtoolCase: Decodable, Sendable, CustomTestStringConvertible {
    let id: String
    let name: String
    let text: String
    let promtool_exit: Int

    var testDescription: String { "\(id) \(name)" }

    static let all: [PromtoolCase] = rows("metrics/promtool_cases.jsonl")
}

private func rows<Row: Decodable>(_ name: String) -> [Row] {
    guard let path = sharedData(name), let bytes = contents(of: path) else { return [] }
    return bytes.split(separator: 0x0A).map { try! JSONDecoder().decode(Row.self, from: Data($0)) }
}
