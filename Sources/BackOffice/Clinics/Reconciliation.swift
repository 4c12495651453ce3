/// What has to be written so that the rows of a date say what the calendar says.
///
/// | live row | incoming | |
/// | --- | --- | --- |
/// | none, or a deleted one | present | insert; a deleted row is never revived |
/// | of this date, another hash or none, other times, or missing in the last sync | present | update |
/// | of another date | present | move: the same row |
/// | of this date, same hash | present | nothing |
/// | of this date | absent | to be deleted, softly, once all dates are known: it may have moved |
public struct Reconciliation: Hashable, Sendable {
    public struct Incoming: Hashable, Sendable {
        public var appointment: RemoteAppointment
        public var hash: String

        public init(_ appointment: RemoteAppointment, hash: String) {
            self.appointment = appointment
            self.hash = hash
        }
    }

    public struct Change: Hashable, Sendable {
        public var row: KnownAppointment
        public var incoming: Incoming
    }

    public var inserts: [Incoming] = []
    public var updates: [Change] = []
    public var moves: [Change] = []
    public var absent: [KnownAppointment] = []
    public var unchanged = 0
    /// Incoming ones without an id, with the id of another one of this answer, or of another date.
    public var passedOver = 0

    /// - Parameter known: the rows of the date, and the live rows of other dates whose ids come in.
    public init(_ date: Day, known: [KnownAppointment], incoming: [Incoming]) {
        var live: [[UInt8]: KnownAppointment] = [:]
        for row in known where row.isLive { live[Array(row.remoteID.utf8)] = row }
        var seen: Set<[UInt8]> = []
        for one in incoming {
            let id = Array(one.appointment.id.utf8)
            guard !id.isEmpty, one.appointment.fields.date == date, seen.insert(id).inserted else {
                passedOver += 1
                continue
            }
            switch live[id] {
            case nil: inserts.append(one)
            case let row? where row.date != date: moves.append(Change(row: row, incoming: one))
            case let row? where !row.says(one): updates.append(Change(row: row, incoming: one))
            default: unchanged += 1
            }
        }
        absent = known.filter { $0.isLive && $0.date == date && !seen.contains(Array($0.remoteID.utf8)) }
    }

    public var writesNothing: Bool { inserts.isEmpty && updates.isEmpty && moves.isEmpty && absent.isEmpty }
}
