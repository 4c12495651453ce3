public import Calendars
import Linux

/// Why a clinic's schedule could not be dealt with.
public enum ClinicError: Error, Hashable, Sendable, CustomStringConvertible {
    case noClinic(ClinicID)
    case noCalendar(ClinicID)
    case zone(ClinicID, ZoneError)
    /// As many syncs as may run do so.
    case busy(ClinicID, running: Int)
    case noSync(String)
    case timedOut(ClinicID, Duration)
    case noSlot(ClinicID, Day, ClockTime)
    /// The slot is full; these are free.
    case full(SlotTime, alternatives: [SlotTime])
    /// Batches of a date's appointments that could not be written, and why the last of them.
    case notWritten(Day, batches: Int, String)
    case range(Day, days: Int)
    /// It was never synced, so that nobody knows how it works.
    case notConfigured(ClinicID)
    /// It would close before it opens.
    case hours(ClinicID, ClockTime, ClockTime)
    /// What is to be set of how it works is not possible, with what would be.
    case setting(ClinicID, String)
    case noPeriod(ClinicID, String, there: [String])
    case noBooking(String)
    /// A booking without a name.
    case noClient
    case cancelledBooking(String)

    public var description: String {
        switch self {
        case .noClinic(let id): "the books hold no clinic \(id); add it by `millctl clinic add`"
        case .noCalendar(let id):
            "the clinic \(id) has no calendar; give it one by `millctl clinic add \(id) --url URL`"
        case .zone(let id, let why): "the clinic \(id): \(why)"
        case .busy(let id, let running): "\(running) syncs of the clinic \(id) run already"
        case .noSync(let id): "the books hold no sync \(id)"
        case .timedOut(let id, let limit): "the sync of \(id) took longer than \(limit.milliseconds) ms"
        case .noSlot(let id, let day, let time): "the clinic \(id) has no slot on \(day) at \(time.short)"
        case .full(let slot, let alternatives):
            alternatives.isEmpty
                ? "the slot at \(slot.start.short) is full, and so is the whole day"
                : "the slot at \(slot.start.short) is full; free are "
                    + alternatives.map(\.start.short).joined(separator: ", ")
        case .notWritten(let day, let batches, let why):
            "appointments of \(day) were not written, \(batches) batches of them: \(why); sync again, and where it stays so "
                + "see the log of the job"
        case .range(let day, let days): "\(days) days after \(day) lie outside of the calendar"
        case .notConfigured(let id):
            "how the clinic \(id) works is not known yet; its first sync finds out: `millctl clinic sync \(id)`"
        case .hours(let id, let open, let close):
            "the clinic \(id) would open at \(open.short) and close at \(close.short), which is not later"
        case .setting(let id, let why): "the clinic \(id): \(why)"
        case .noPeriod(let id, let name, let there):
            "the clinic \(id) has no blocked period '\(name)'; "
                + (there.isEmpty ? "nothing is blocked" : "there are \(there.joined(separator: ", "))")
        case .noClient: "a booking needs the name of the client"
        case .noBooking(let number): "the books hold no booking \(number)"
        case .cancelledBooking(let number): "the booking \(number) is cancelled; book anew"
        }
    }
}
