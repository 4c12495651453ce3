public import JSONCodec
import Linux

extension DueBrief: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var user: String?, at: String?, date: String?, timezone: String?, isReengagement = false, daysAway = 0
        try json.object { key, json throws(JSONError) in
            switch key {
            case "user": user = try json.string()
            case "at": at = try json.string()
            case "date": date = try json.string()
            case "timezone": timezone = try json.string()
            case "isReengagement": isReengagement = try json.bool()
            case "daysSinceLastLogin": daysAway = try json.int()
            default: try json.skip()
            }
        }
        guard let time = Timestamp(try json.require(at, "at")), let day = Day(try json.require(date, "date")) else {
            throw json.invalid("\(at ?? "") is no time or \(date ?? "") no date")
        }
        self.init(
            person: try json.require(user, "user"), at: time, day: day, zone: try json.require(timezone, "timezone"),
            isReengagement: isReengagement, daysAway: daysAway)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("user", person)
            $0.member("at", at.description)
            $0.member("date", day.description)
            $0.member("timezone", zone)
            $0.member("isReengagement", isReengagement)
            $0.member("daysSinceLastLogin", daysAway)
        }
    }
}
