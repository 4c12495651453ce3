import Oracle
import Runs

@testable import Calendars

/// A zone: a TZif file, or what is no such file a rule of POSIX. What its clocks show leads back to the instant, and runs by
/// them go on.
@_cdecl("LLVMFuzzerTestOneInput")
public func zones(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    if let zone = zone(bytes) { judge(zone) }
    return 0
}

private func zone(_ bytes: [UInt8]) -> Zone? {
    guard bytes.starts(with: "TZif".utf8) else {
        return try? ZoneDatabase.zone(rule: String(decoding: bytes, as: UTF8.self))
    }
    guard let file = try? ZoneFile(bytes) else { return nil }
    return try? file.zone(named: "fuzz")
}

private func judge(_ zone: Zone) {
    for (start, next) in zip(zone.starts, zone.starts.dropFirst()) { claim(start < next, "segments out of order") }
    let runs = try! CronExpression("*/20 * * * *").recurrence(in: zone)
    // The ends of time, a few days of ours, and both sides of the first changes.
    let changes = zone.starts.dropFirst().prefix(4).flatMap { [$0 - 1, $0] }
    for microseconds in [Int64.min, 0, 1_774_746_000_000_000, 7_258_118_399_000_000, .max] + changes {
        let instant = Instant(microseconds: microseconds)
        if (Zone.beginning...Zone.ending - 1).contains(microseconds) {
            let shown = zone.instants(showing: zone.wallTime(at: instant))
            claim(shown.contains(instant), "\(instant) is not among \(shown)")
        }
        _ = judgedRuns(of: runs, after: instant, count: 3)
    }
}
