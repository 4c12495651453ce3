/// What becomes of the rows that the calendar no longer has where they were.
///
/// The dates of a sync are read at different moments. What moves in between to a date that was read already is absent from
/// the one and was not yet on the other, though it is gone from neither. So an absence is believed only where every other
/// date was read after it was noticed, at first or ``doubtful(_:)`` ones once more; else the row stays, marked, and is gone
/// when the next sync does not find it either. What moves twice during one sync can still be taken for gone until the next.
struct Absences {
    /// To be deleted.
    var gone: [KnownAppointment] = []
    /// To be marked.
    var missing: [KnownAppointment] = []

    /// - Parameters:
    ///   - first: the dates that were read.
    ///   - again: those of them that were read once more after all of these.
    init(_ first: [Day: ScheduleSync.DateOutcome], again: [Day: ScheduleSync.DateOutcome]) {
        for (date, outcome) in first.sorted(by: { $0.key < $1.key }) where !outcome.absent.isEmpty {
            let isSettled = first.allSatisfy { other, reading in
                other == date || again[other] != nil || reading.reading > outcome.noticed
            }
            for row in outcome.absent {
                // One that came back meanwhile is not absent.
                guard let row = again[date].map({ $0.absent.first { $0.row == row.row } }) ?? row else { continue }
                if isSettled || row.isMissing { gone.append(row) } else { missing.append(row) }
            }
        }
    }

    /// The dates whose reading began before it was noticed that something is absent from another one.
    static func doubtful(_ readings: [Day: ScheduleSync.DateOutcome]) -> [Day] {
        let noticed = readings.filter { $0.value.absent.contains { !$0.isMissing } }
        return readings.filter { date, outcome in
            noticed.contains { $0.key != date && $0.value.noticed >= outcome.reading }
        }.keys.sorted()
    }
}
