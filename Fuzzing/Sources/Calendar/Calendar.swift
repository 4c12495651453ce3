import Oracle
import Runs

@testable import Calendars

/// An OnCalendar expression behind two bytes that choose clocks and rules. Its normalised form is itself again; its runs grow,
/// are found backwards too, and are the times of the normalised form, read plainly. The same text is read as a time span.
@_cdecl("LLVMFuzzerTestOneInput")
public func calendar(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    guard bytes.count > 2 else { return 0 }
    let text = String(decoding: bytes.dropFirst(2), as: UTF8.self)
    judgeSpan(text)
    let local = zones[Int(bytes[0] & 7) % zones.count]
    let expression: OnCalendar
    do {
        expression = try OnCalendar(text, local: local)
    } catch {
        claim((1...text.count + 1).contains(error.column) && !error.remedy.isEmpty, "\(error)")
        return 0
    }
    let again = try? OnCalendar(expression.description, local: local)
    claim(again == expression, "\(expression) is not itself again")
    claim(again?.description == expression.description, "\(expression) has a second normalised form")

    let gap = bytes[0] >> 3 & 1 == 1 ? GapRule.allCases[Int(bytes[0] >> 4) % GapRule.allCases.count] : nil
    let overlap = bytes[0] >> 3 & 1 == 1 ? OverlapRule.allCases[Int(bytes[0] >> 6) % OverlapRule.allCases.count] : nil
    // Zones by name are files, which are no part of this.
    guard let runs = try? expression.recurrence(in: local, gap: gap, overlap: overlap, zones: noZones) else { return 0 }
    let plain = PlainCalendar(expression.description)
    let start = starts[Int(bytes[1]) % starts.count]
    let found = judgedRuns(of: runs, after: start, count: 6) { plain.takes($0) }
    guard runs.zone == .utc else { return 0 }
    for (last, next) in zip([start] + found, found) {
        claim(missed(plain, between: last, and: next) == nil, "one missed after \(last)")
    }
    return 0
}

/// A time that belongs to the expression and was passed over; looked for at a few hundred whole seconds.
private func missed(_ plain: PlainCalendar, between last: Instant, and next: Instant) -> Instant? {
    let from = last.microseconds / 1_000_000 + 1
    let to = (next.microseconds - 1) / 1_000_000
    for unit: Int64 in [1, 60, 3600, 86_400] {
        // On whole minutes, hours and days most expressions have their times.
        var second = (from + unit - 1) / unit * unit
        for _ in 0..<64 where second <= to {
            if plain.takes(WallTime(microseconds: second * 1_000_000)) { return Instant(seconds: second) }
            second += unit
        }
    }
    return nil
}

private func judgeSpan(_ text: String) {
    guard let span = try? SystemdSpan(text) else { return }
    // Above that number of years systemd does not read what it writes itself, and neither do we.
    let years: UInt64 = 584_542 * 31_557_600_000_000
    claim(span.microseconds >= years || (try? SystemdSpan(span.description)) == span, "\(span) is not itself again")
    guard let interval = Interval(span, from: starts[0]), let next = interval.next(after: starts[1]) else { return }
    claim(next > starts[1], "\(next) after \(starts[1])")
    claim((next.microseconds - starts[0].microseconds) % interval.microseconds == 0, "\(next) is off the row")
    claim(interval.previous(before: next).map { $0 <= starts[1] } ?? true, "one between \(starts[1]) and \(next)")
}

private let zones: [Zone] = [
    .utc,
    try! ZoneDatabase.zone(rule: "CET-1CEST,M3.5.0,M10.5.0/3"),
    try! ZoneDatabase.zone(rule: "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
    try! ZoneDatabase.zone(rule: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
]
private let noZones = ZoneDatabase(folder: "/dev/null")
private let starts = [1_795_228_469, 0, 946_684_799, 4_107_542_399, 1_774_746_000].map { Instant(seconds: $0) }
