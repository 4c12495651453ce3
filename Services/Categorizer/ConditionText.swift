import Categorization
import Decimals
import JSONCodec
import Linux

/// Conditions of rules as they are written in JSON.
///
/// `{"all": […]}`, `{"any": […]}`, `{"not": {…}}`; `merchant`, `description` or `text` (either of them) with one of
/// `contains`, `equals`, `starts_with`, `word`, `regex`, `like` (and `at_least`); `amount` and `date` with `from` and `to`;
/// `day_of_month` likewise; `weekdays` as a list of 1 Monday to 7 Sunday; `time` as patterns have it.
enum ConditionText {
    /// - Throws: ``CategorizerError/pattern(field:_:)`` with the place of what cannot be read.
    static func condition(_ raw: JSONRaw, field: String) throws(CategorizerError) -> Condition {
        let value: JSONValue
        do {
            value = try raw.decode(JSONValue.self)
        } catch {
            throw .pattern(field: field, "the condition cannot be read: \(error)")
        }
        let condition = try read(value, field, depth: 1)
        guard condition.count <= Condition.maximumCount else {
            throw .pattern(
                field: field, "a rule holds at most \(Condition.maximumCount) conditions, this one \(condition.count)")
        }
        return condition
    }

    private static func read(_ value: JSONValue, _ field: String, depth: Int) throws(CategorizerError) -> Condition {
        guard depth <= Condition.maximumDepth else {
            throw .pattern(field: field, "conditions are nested at most \(Condition.maximumDepth) deep")
        }
        guard case .object(let members) = value, members.count == 1, let member = members.first else {
            throw .pattern(
                field: field,
                "a condition is an object with one member, such as {\"merchant\": {\"contains\": \"shell\"}}")
        }
        let (name, inner) = (member.name, member.value)
        let here = "\(field).\(name)"
        switch name {
        case "all": return .all(try list(inner, here, depth))
        case "any": return .any(try list(inner, here, depth))
        case "not": return .not(try read(inner, here, depth: depth + 1))
        case "merchant": return .text(.merchant, try test(inner, here))
        case "description": return .text(.description, try test(inner, here))
        case "text": return .text(.any, try test(inner, here))
        case "amount":
            let (from, upTo) = try range(inner, here) { $0.numberText.flatMap { ExactDecimal($0) } }
            return .amount(from: from, upTo: upTo)
        case "date":
            let (from, upTo) = try range(inner, here) { $0.stringValue.flatMap { CivilDate(dayOf: $0) } }
            return .date(from: from, upTo: upTo)
        case "day_of_month":
            let (from, upTo) = try range(inner, here) { $0.intValue.flatMap { (1...31).contains($0) ? $0 : nil } }
            return .dayOfMonth((from ?? 1)...(upTo ?? 31))
        case "weekdays":
            let days = (inner.elements ?? []).map { $0.intValue ?? 0 }
            guard !days.isEmpty, days.allSatisfy({ (1...7).contains($0) }) else {
                throw .pattern(field: here, "weekdays are a list of 1 (Monday) to 7 (Sunday)")
            }
            return .weekdays(Set(days))
        case "time":
            guard let times = inner.stringValue.flatMap({ TimePattern($0) }) else {
                throw .pattern(field: here, "\(PatternError.time(inner.stringValue ?? "that"))")
            }
            return .time(times)
        default:
            throw .pattern(
                field: here,
                "there is no condition \"\(name.prefix(50))\"\(NearMiss.hint(name, among: names)); there are "
                    + names.joined(separator: ", "))
        }
    }

    private static let names = [
        "all", "any", "not", "merchant", "description", "text", "amount", "date", "day_of_month", "weekdays", "time",
    ]

    private static func list(
        _ value: JSONValue, _ field: String, _ depth: Int
    ) throws(CategorizerError) -> [Condition] {
        guard let elements = value.elements else { throw .pattern(field: field, "a list of conditions stands here") }
        var conditions: [Condition] = []
        for (place, element) in elements.enumerated() {
            conditions.append(try read(element, "\(field)[\(place)]", depth: depth + 1))
        }
        return conditions
    }

    private static func range<Bound: Comparable>(
        _ value: JSONValue, _ field: String, _ read: (JSONValue) -> Bound?
    ) throws(CategorizerError) -> (Bound?, Bound?) {
        guard case .object(let members) = value, !members.isEmpty else {
            throw .pattern(field: field, "an object with from, to or both stands here")
        }
        var (from, upTo): (Bound?, Bound?)
        for member in members {
            guard member.name == "from" || member.name == "to" else {
                throw .pattern(field: "\(field).\(member.name)", "only from and to stand here")
            }
            guard let bound = read(member.value) else {
                throw .pattern(field: "\(field).\(member.name)", "\(JSON.text(member.value)) does not fit here")
            }
            if member.name == "from" { from = bound } else { upTo = bound }
        }
        if let from, let upTo, upTo < from { throw .pattern(field: field, "to lies before from") }
        return (from, upTo)
    }

    private static func test(_ value: JSONValue, _ field: String) throws(CategorizerError) -> Condition.TextTest {
        guard case .object(let members) = value, let what = members.first(where: { $0.name != "at_least" }),
            members.count == 1
                || (members.count == 2 && what.name == "like" && members.contains { $0.name == "at_least" }),
            let text = what.value.stringValue
        else {
            throw .pattern(field: field, "an object with one test stands here, such as {\"contains\": \"shell\"}")
        }
        guard (1...255).contains(text.unicodeScalars.count) else {
            throw .pattern(field: "\(field).\(what.name)", "a text has 1 to 255 characters")
        }
        switch what.name {
        case "contains": return .contains(RuleText(text))
        case "equals": return .equals(RuleText(text))
        case "starts_with": return .startsWith(RuleText(text))
        case "word": return .word(RuleText(text))
        case "like":
            let least = members.first { $0.name == "at_least" }?.value.doubleValue ?? FuzzyOptions().minimum
            guard (0...1).contains(least) else { throw .pattern(field: "\(field).at_least", "at_least lies in 0 to 1") }
            return .like(RuleText(text), atLeast: least)
        case "regex":
            do {
                if case .regex(let regex) = try Pattern.validated(.regex, text) { return .regex(regex) }
            } catch {
                throw .pattern(field: "\(field).regex", "\(error)")
            }
            throw .pattern(field: "\(field).regex", "this is no regular expression")
        default:
            throw .pattern(
                field: "\(field).\(what.name)",
                "there is no test \"\(what.name.prefix(50))\"; there are contains, equals, starts_with, word, regex, like"
            )
        }
    }
}
