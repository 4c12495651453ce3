import Linux

/// A rule of POSIX TZ, as the footer of a TZif file holds it: "CET-1CEST,M3.5.0,M10.5.0/3".
///
/// Times of day go from -167 to 167 hours (RFC 9636, version 3). Where a daylight saving time has no dates, those of the
/// United States since 2007 hold, as in the system's C library.
struct ZoneRule {
    let standard: Zone.Kind
    /// Nil where the clocks never change.
    let daylight: (kind: Zone.Kind, from: Moment, to: Moment)?

    /// A day of any year and a time of that day, in seconds, which may lie outside of it.
    struct Moment {
        enum Day {
            /// 1 to 365; February 29 is never counted.
            case julian(Int)
            /// 0 to 365; February 29 is counted.
            case counted(Int)
            /// The weekday (0 is Sunday) in week 1 to 5 of the month; 5 is the last.
            case weekday(month: Int, week: Int, day: Int)
        }
        let day: Day
        let time: Int

        /// Seconds since 1970-01-01 00:00:00 of the same clock.
        func seconds(in year: Int64) -> Int64 {
            let newYear = WallTime.newYear(year)
            let days: Int64
            switch day {
            case .julian(let number): days = newYear + Int64(number) - (number < 60 || !CivilDate.isLeap(year) ? 1 : 0)
            case .counted(let number): days = newYear + Int64(number)
            case .weekday(let month, let week, let weekday):
                let first = WallTime.firstDay(of: month, in: year)
                let ahead = (weekday + 6 - WallTime.weekday(ofDay: first) + 7) % 7
                let date = ahead + 7 * (week - 1)
                days = first + Int64(date < CivilDate.days(in: month, of: year) ? date : date - 7)
            }
            return days * 86_400 + Int64(time)
        }
    }

    /// The changes after the time (or from 1969 on), in seconds since the epoch, to the end of the year ``Zone/lastYear``.
    func changes(after last: Int64?) -> [(time: Int64, kind: Zone.Kind)] {
        guard let daylight else { return last.map { [($0 + 1, standard)] } ?? [] }
        let firstYear = last.map { CivilDate(daysSinceEpoch: $0 / 86_400).year - 1 } ?? 1969
        var changes: [(time: Int64, kind: Zone.Kind)] = []
        for year in max(firstYear, 1900)...max(firstYear, Zone.lastYear) {
            changes.append((daylight.to.seconds(in: year) - Int64(daylight.kind.offset), standard))
            changes.append((daylight.from.seconds(in: year) - Int64(standard.offset), daylight.kind))
        }
        // Where one time ends as the other begins, the one that begins holds: so is daylight saving all the year written.
        let ordered = changes.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        var kept: [(time: Int64, kind: Zone.Kind)] = []
        for (_, change) in ordered where change.time > last ?? .min {
            if kept.last?.time == change.time { kept.removeLast() }
            kept.append(change)
        }
        return kept
    }
}

extension WallTime {
    /// The days from 1970-01-01 to the first of the month.
    static func firstDay(of month: Int, in year: Int64) -> Int64 {
        CivilDate(year: year, month: month, day: 1)!.daysSinceEpoch
    }

    static func newYear(_ year: Int64) -> Int64 { firstDay(of: 1, in: year) }
}
