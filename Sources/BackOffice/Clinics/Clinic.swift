import Calendars

/// A clinic whose calendar is mirrored.
public struct Clinic: Hashable, Sendable {
    public var id: ClinicID
    /// Where its calendar is; nil for one whose appointments were only imported.
    public var url: String?
    /// The name of the credential with `user:password`; nil is ``standardCredential``.
    public var credential: String?
    /// As the operator has it; nil leaves it to the calendar.
    public var zone: String?
    public var access = Access.api

    /// How its calendar is read.
    public enum Access: String, CaseIterable, Sendable {
        /// HTTP and JSON.
        case api
        /// It has pages only, which a browser reads.
        case pages
    }

    public static let standardCredential = "clinic-login"

    public init(
        id: ClinicID, url: String? = nil, credential: String? = nil, zone: String? = nil, access: Access = .api
    ) {
        self.id = id
        self.url = url
        self.credential = credential
        self.zone = zone
        self.access = access
    }
}

public typealias ClinicID = BookID<Clinic>

/// How a clinic works. What was set here is kept; a new clinic takes it from its calendar.
public struct ScheduleConfig: Hashable, Sendable {
    public var open = ClockTime(minutes: 8 * 60)
    public var close = ClockTime(minutes: 18 * 60)
    public var days = Weekdays.mondayToSaturday
    /// See ``slotLengths``.
    public var slotMinutes = 15
    /// Appointments that a slot bears, at least 1: as many as the operator says, else as the calendar has rooms.
    public var capacity = 2
    public var ownCapacity: Int?
    /// Days ahead that are mirrored, 1 to 60.
    public var horizonDays = 14
    public var staleMinutes = 60
    public var zone = "America/Los_Angeles"

    /// Minutes that a slot may have.
    public static let slotLengths = 1...120
    /// What an operator may set as capacity.
    public static let capacities = 1...1000

    public init() {}

    /// As the calendar says, with the standard for what it does not say.
    public init(_ remote: RemoteConfiguration) {
        self.init()
        if let open = remote.open, let close = remote.close, open < close { (self.open, self.close) = (open, close) }
        if let days = remote.days { self.days = days }
        if let minutes = remote.slotMinutes, Self.slotLengths.contains(minutes) { slotMinutes = minutes }
        if let zone = remote.zone { self.zone = zone }
        capacity = Self.capacity(remote)
    }

    /// Whether this system knows the zone.
    public static func isZone(_ name: String) -> Bool { (try? ZoneDatabase.system.zone(named: name)) != nil }

    /// As many as there are rooms, at least 1; 2 where nobody knows.
    static func capacity(_ remote: RemoteConfiguration) -> Int { remote.rooms.map { max(1, $0) } ?? 2 }
}

/// What is to change of how a clinic works; nil stays as it is.
public struct ScheduleChange: Hashable, Sendable {
    public var open: ClockTime?
    public var close: ClockTime?
    public var days: Weekdays?
    /// See ``ScheduleConfig/slotLengths``.
    public var slotMinutes: Int?
    public var capacity: Capacity?

    public enum Capacity: Hashable, Sendable {
        /// As many as the calendar has rooms, from the next sync on.
        case calendar
        /// See ``ScheduleConfig/capacities``.
        case own(Int)
    }

    public init() {}

    public var isNothing: Bool { self == ScheduleChange() }

    /// What in it is not possible, with what would be; nil where all is.
    var fault: String? {
        let lengths = ScheduleConfig.slotLengths, capacities = ScheduleConfig.capacities
        if let slotMinutes, !lengths.contains(slotMinutes) {
            return "a slot cannot have \(slotMinutes) minutes; \(lengths.lowerBound) to \(lengths.upperBound) it can"
        }
        if case .own(let number)? = capacity, !capacities.contains(number) {
            return "the capacity cannot be \(number); \(capacities.lowerBound) to \(capacities.upperBound) it can"
        }
        return nil
    }

    func apply(to config: inout ScheduleConfig) {
        if let open { config.open = open }
        if let close { config.close = close }
        if let days { config.days = days }
        if let slotMinutes { config.slotMinutes = slotMinutes }
        switch capacity {
        case .own(let number)?: (config.capacity, config.ownCapacity) = (number, number)
        case .calendar?: config.ownCapacity = nil
        case nil: break
        }
    }
}

/// What a calendar says of its clinic.
public struct RemoteConfiguration: Hashable, Sendable {
    public var open: ClockTime?
    public var close: ClockTime?
    public var days: Weekdays?
    public var slotMinutes: Int?
    public var rooms: Int?
    public var zone: String?
    /// The fields that are there and do not read; they count as not said.
    public var unread: [String] = []
    /// As it came, JSON.
    public var snapshot: String

    public init(snapshot: String = "{}") { self.snapshot = snapshot }
}

/// A time in which a clinic takes no appointments.
public struct BlockedPeriod: Hashable, Sendable {
    public var name: String
    public var start: ClockTime
    /// After the start.
    public var end: ClockTime
    public var days: Weekdays
    public var isActive: Bool

    public static let lunch = BlockedPeriod(
        name: "lunch", start: ClockTime(minutes: 12 * 60), end: ClockTime(minutes: 14 * 60), days: .mondayToSaturday)

    public init(name: String, start: ClockTime, end: ClockTime, days: Weekdays, isActive: Bool = true) {
        self.name = name
        self.start = start
        self.end = end
        self.days = days
        self.isActive = isActive
    }

    /// What in it is not possible; nil where all is.
    var fault: String? {
        if let fault = BookID<BlockedPeriod>.fault(in: name) { return "the name of what is blocked \(fault)" }
        return start < end ? nil : "'\(name)' cannot end at \(end.short), which is not after \(start.short)"
    }

    func blocks(_ start: ClockTime, _ end: ClockTime, on day: Day) -> Bool {
        isActive && days.contains(day) && start < self.end && end > self.start
    }
}
