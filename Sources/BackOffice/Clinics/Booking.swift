import JSONCodec
import Linux

/// A slot that the phone assistant booked.
public struct Booking: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable { case pending, confirmed, rescheduled, cancelled }

    /// How long it holds its place unconfirmed.
    public static let hold = Duration.seconds(300)
    /// Why a booking that cannot be moved is marked.
    public static let byHand = "the slot was taken in the calendar and no other of the day is free: call the client"

    /// Why a confirmed booking is marked.
    public static let overbooked = "it is confirmed, and the calendar gave its slot to others: call the client"

    public var clinic: ClinicID
    public var date: Day
    public var start: ClockTime
    public var end: ClockTime
    public var client: String
    public var patient: String
    public var status: Status
    public var confirmation: String
    public var holdExpiresAt: Timestamp
    public var hasConflict = false
    /// Before it was moved.
    public var originalDate: String?
    public var originalTime: String?
    public var rescheduledAt: String?
    public var reason: String?
}

extension Booking: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("clinicId", clinic)
            $0.member("date", "\(date)")
            $0.member("start", "\(start)")
            $0.member("end", "\(end)")
            $0.member("client", client)
            $0.member("patient", patient)
            $0.member("status", status.rawValue)
            $0.member("confirmation", confirmation)
            $0.member("holdExpiresAt", "\(holdExpiresAt)")
            $0.member("hasConflict", hasConflict)
            $0.member("originalDate", originalDate)
            $0.member("originalTime", originalTime)
            $0.member("rescheduledAt", rescheduledAt)
            $0.member("reason", reason)
        }
    }
}
