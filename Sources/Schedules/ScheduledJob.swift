public import Calendars
import JSONCodec
import Linux
public import MillraceProtocol

/// The job of one run of a schedule.
public enum ScheduledJob {
    /// The specification with the facts of the run in it: params filled in, and the key under which it is one job however
    /// often it is submitted.
    ///
    /// - Parameter created: When the schedule was made, so that one of the same name made anew is another.
    public static func specification(
        of rule: ScheduleRule, nominal: Instant, cause: ScheduleCause, created: Timestamp
    ) -> JobSpecification {
        var job = rule.specification.job
        let name = rule.specification.name
        if let params = job.params {
            // Only a text that mentions a fact is taken apart.
            if params.bytes.contains(UInt8(ascii: "$")), let value = try? params.decode(JSONValue.self) {
                let date = (rule.recurrence.day(of: nominal) ?? rule.zone.wallTime(at: nominal).date).description
                let facts = [
                    "nominal": nominal.description, "date": date, "month": String(date.prefix(7)), "name": name,
                    "cause": cause.rawValue,
                ]
                job.params = JSONRaw(filled(value, facts))
            }
        } else {
            job.params = JSONRaw(
                JSONValue.object([
                    JSONMember("schedule", .string(name)), JSONMember("nominal", .string(nominal.description)),
                ]))
        }
        job.idempotencyKey = key(name, nominal, created)
        return job
    }

    /// One job for each schedule and nominal time.
    public static func key(_ name: String, _ nominal: Instant, _ created: Timestamp) -> String {
        "schedule/\(name)/\(created.milliseconds)/\(nominal.microseconds)"
    }

    private static func filled(_ value: JSONValue, _ facts: [String: String]) -> JSONValue {
        switch value {
        case .string(let text): .string(filled(text, facts))
        case .array(let elements): .array(elements.map { filled($0, facts) })
        case .object(let members): .object(members.map { JSONMember($0.name, filled($0.value, facts)) })
        case .null, .bool, .number: value
        }
    }

    private static func filled(_ text: String, _ facts: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            let name = String(rest[start.upperBound..<end])
            result += rest[..<start.lowerBound]
            result += facts[name] ?? "${\(name)}"
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
