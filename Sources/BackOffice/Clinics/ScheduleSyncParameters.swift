import JSONCodec

/// What a sync of a clinic's schedule is asked for.
public struct ScheduleSyncParameters: Hashable, Sendable {
    public static let bounds = 1...60
    public static let standardDays = 14

    public var clinic: ClinicID
    /// How many days after the first one; 14 are 15 dates.
    public var daysAhead: Int
    /// The first day; nil is today in the clinic's zone.
    public var from: Day?

    public init(clinic: ClinicID, daysAhead: Int = standardDays, from: Day? = nil) {
        self.clinic = clinic
        self.daysAhead = daysAhead
        self.from = from
    }
}

extension ScheduleSyncParameters: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var clinic: ClinicID?, days = Self.standardDays, first: Day?
        try json.object { key, json throws(JSONError) in
            let start = json.offset
            switch key {
            case "clinicId":
                let id = try json.string().trimmed
                if let fault = ClinicID.fault(in: id) { throw JSONError(.invalid, offset: start, fault) }
                clinic = ClinicID(id)
            case "daysAhead":
                days = try json.int()
                guard Self.bounds.contains(days) else {
                    throw JSONError(.invalid, offset: start, "is \(days); 1 to 60 days can be looked ahead")
                }
            case "from":
                guard try !json.null() else { return }
                let text = try json.string()
                first = Day(text)
                guard first != nil else {
                    throw JSONError(.invalid, offset: start, "'\(text)' is not a day; 2025-01-31 is the form")
                }
            default: try json.unknownMember(key)
            }
        }
        self.init(clinic: try json.require(clinic, "clinicId"), daysAhead: days, from: first)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("clinicId", clinic)
            $0.member("daysAhead", daysAhead)
            $0.member("from", ifPresent: from?.description)
        }
    }
}
