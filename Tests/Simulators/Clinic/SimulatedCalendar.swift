import Linux
import Tables
import Watching

/// What the calendars of clinics hold: appointments by clinic and id.
public struct SimulatedCalendar: Sendable {
    public struct Appointment: Hashable, Sendable {
        public var id: String
        public var patient: String
        /// `2016-05-02`
        public var day: String
        /// Minutes since midnight.
        public var start: Int
        public var minutes: Int
        public var status: String
        public var bookedAt: String
        public var reminded: Bool
        public var client = ""
        public var phone = ""
        public var provider = ""
        public var type = "Consultation"

        public init(
            id: String, patient: String, day: String, start: Int = 540, minutes: Int = 15, status: String = "Scheduled",
            bookedAt: String = "", reminded: Bool = false
        ) {
            self.id = id
            self.patient = patient
            self.day = day
            self.start = start
            self.minutes = minutes
            self.status = status
            self.bookedAt = bookedAt
            self.reminded = reminded
        }
    }

    /// By clinic, in the order of the file.
    private(set) public var clinics: [String: [String: Appointment]] = [:]
    private var order: [String: [String]] = [:]

    public init() {}

    /// From a file with the columns `appointment_id, patient_key, scheduled_at, appointment_day, clinic, sms_received,
    /// no_show`. It has no times of day: those of a day follow each other from eight o'clock on, every quarter of an hour, and
    /// begin again at eight; they take 15, 20 or 30 minutes.
    public init(csv bytes: [UInt8]) throws {
        var reader = CSVReader()
        reader.append(bytes)
        reader.finish()
        guard let head = try reader.next() else { throw TestFailure("the file is empty") }
        func column(_ name: String) throws -> Int {
            guard let index = head.firstIndex(where: { $0.text == name }) else {
                throw TestFailure("the file has no column \(name)")
            }
            return index
        }
        let id = try column("appointment_id"), patient = try column("patient_key"), booked = try column("scheduled_at")
        let day = try column("appointment_day"), clinic = try column("clinic")
        let sms = try column("sms_received"), missed = try column("no_show")
        var counts: [String: Int] = [:]
        while let row = try reader.next() {
            guard row.count == head.count else { throw TestFailure("\(row[0].position): \(row.count) fields") }
            let place = "\(row[clinic].text) \(row[day].text)"
            let number = counts[place, default: 0]
            counts[place] = number + 1
            put(
                Appointment(
                    id: row[id].text, patient: row[patient].text, day: row[day].text, start: 480 + number % 40 * 15,
                    minutes: [15, 15, 20, 30][number % 4],
                    status: row[missed].text == "yes" ? "No Show" : "Completed", bookedAt: row[booked].text,
                    reminded: row[sms].text == "1"), in: row[clinic].text)
        }
    }

    /// Three made-up clinics with some appointments on each day from `first` on.
    public static func madeUp(from first: CivilDate, days: Int = 60) -> SimulatedCalendar {
        var calendar = SimulatedCalendar()
        var random = RandomSequence(seed: 7)
        for clinic in ["NORTH", "SOUTH", "HARBOUR"] {
            for offset in 0..<days {
                let day = CivilDate(daysSinceEpoch: first.daysSinceEpoch + Int64(offset)).description
                for number in 0..<Int.random(in: 0...12, using: &random) {
                    var one = Appointment(
                        id: "\(clinic)-\(day)-\(number)", patient: "patient \(Int.random(in: 1...400, using: &random))",
                        day: day, start: 480 + Int.random(in: 0..<40, using: &random) * 15)
                    one.client = "client \(number)"
                    one.phone = "408555\(1000 + number)"
                    one.provider = ["DR. ADA", "DR. BOB"][number % 2]
                    calendar.put(one, in: clinic)
                }
            }
        }
        return calendar
    }

    public mutating func put(_ appointment: Appointment, in clinic: String) {
        if clinics[clinic, default: [:]].updateValue(appointment, forKey: appointment.id) == nil {
            order[clinic, default: []].append(appointment.id)
        }
    }

    public mutating func remove(_ id: String, from clinic: String) {
        clinics[clinic]?[id] = nil
        order[clinic]?.removeAll { $0 == id }
    }

    /// Those of the days from `first` to before `end`, in their order.
    public func appointments(of clinic: String, from first: String, to end: String) -> [Appointment] {
        guard let held = clinics[clinic] else { return [] }
        return order[clinic, default: []].compactMap { held[$0] }.filter { $0.day >= first && $0.day < end }
    }
}
