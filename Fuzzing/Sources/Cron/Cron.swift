import Oracle
import Runs

@testable import Calendars

/// An expression behind two bytes that choose how it is read and from when. Its runs are those that a plain reader finds by
/// trying every day; with clocks that change they grow, are found backwards too, and fall on times of the expression.
@_cdecl("LLVMFuzzerTestOneInput")
public func cron(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    guard bytes.count > 2 else { return 0 }
    let hasSeconds = bytes[0] & 1 == 1
    let dialect: CronDialect = bytes[0] & 2 == 2 ? .wide : .debian
    let text = String(decoding: bytes.dropFirst(2), as: UTF8.self)
    let expression: CronExpression
    do {
        expression = try CronExpression(text, hasSeconds: hasSeconds, dialect: dialect)
    } catch {
        claim((1...text.count + 1).contains(error.column) && !error.remedy.isEmpty, "\(error)")
        return 0
    }
    // A macro is written out in five fields.
    let words = expression.description.split(separator: " ").map(String.init)
    claim(words.count == 5 || (hasSeconds && words.count == 6), "\(expression)")
    let again = try? CronExpression(expression.description, hasSeconds: words.count == 6, dialect: dialect)
    claim(again == expression && again?.description == expression.description, "\(expression) is not itself again")

    let plain = PlainCron(words.count == 6 ? words : ["0"] + words)
    let begin = PlainCron.Day.starts[Int(bytes[1] & 3)]
    compare(expression.recurrence(in: .utc), with: plain, from: begin)
    let zone = zones[Int(bytes[1] >> 2) % zones.count]
    let gap = GapRule.allCases[Int(bytes[0] >> 2) % GapRule.allCases.count]
    let overlap = OverlapRule.allCases[Int(bytes[0] >> 4) % OverlapRule.allCases.count]
    let isHabit = bytes[0] >> 6 == 0
    let runs = expression.recurrence(in: zone, gap: isHabit ? nil : gap, overlap: isHabit ? nil : overlap)
    _ = judgedRuns(of: runs, after: Instant(seconds: begin.number * 86_400), count: 6) { plain.takes($0) }
    return 0
}

private let zones: [Zone] = [
    "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "<+14>-14",
].map { try! ZoneDatabase.zone(rule: $0) }

/// The first runs of four years, one by one.
private func compare(_ runs: WallRecurrence, with plain: PlainCron, from begin: PlainCron.Day) {
    var day = begin
    var last = Instant(microseconds: begin.number * 86_400_000_000 - 1)
    var left = 5
    for _ in 0..<1500 {
        if plain.takes(day) {
            for second in plain.times {
                let expected = Instant(seconds: day.number * 86_400 + Int64(second))
                let next = runs.next(after: last)
                claim(next == expected, "after \(last) comes \(expected), not \(next as Any)")
                last = expected
                left -= 1
                if left == 0 { return }
            }
        }
        day.advance()
    }
    let horizon = Instant(seconds: day.number * 86_400)
    claim(runs.next(after: last).map { $0 >= horizon } ?? true, "a run before \(horizon) that is none")
}
