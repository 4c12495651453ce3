import JSONCodec
import Watching

/// A call to a clinic's calendar.
package struct CalendarRequest: Sendable {
    /// Nil for a call elsewhere.
    var clinic: String?
    /// `login`, `session`, `config` or `appointments`; `pages/login`, `pages/settings`, `pages/schedule`.
    var name = ""
    /// The first day that is asked for; or the day.
    var start = ""
    var end = ""

    init(_ call: HTTPCall) {
        let parts = call.path.split(separator: "/").map { ClinicSimulator.unescaped($0) }
        guard parts.count == 3 || parts.count == 4 && parts[2] == "pages", parts[0] == "clinics" else { return }
        clinic = parts[1]
        name = parts[2...].joined(separator: "/")
        for pair in call.target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            let day = String(ClinicSimulator.unescaped(sides[1]).prefix(10))
            if sides[0] == "start" || sides[0] == "date" { start = day }
            if sides[0] == "end" { end = day }
        }
    }
}

extension ClinicSimulator.System {
    package mutating func forget() { times = [] }

    package mutating func byHand(_ call: HTTPCall) -> HTTPAnswer? {
        switch (call.method, call.path) {
        case ("POST", "/simulator/expire"):
            sessions = [:]
            return .json("{}")
        case ("POST", "/simulator/appointments"): return script(call.body)
        case ("GET", "/clinics"): return .json(JSON.text(calendar.clinics.keys.sorted()))
        default: return nil
        }
    }

    package mutating func read(_ call: HTTPCall) -> (request: CalendarRequest, name: String, path: String) {
        let request = CalendarRequest(call)
        guard request.clinic != nil else { return (request, "\(call.method) elsewhere", call.path) }
        times.append(call.time)
        let path = request.start.isEmpty ? request.name : "\(request.name)/\(request.start)"
        return (request, "\(call.method) \(request.name)", path)
    }

    package mutating func judged(_ call: HTTPCall, _ request: CalendarRequest) -> HTTPAnswer {
        guard let clinic = request.clinic else { return Self.error(404, "no such address") }
        guard calendar.clinics[clinic] != nil else { return Self.error(404, "no such clinic") }
        if call.method == "POST", request.name == "login" { return logIn(call) }
        if request.name.hasPrefix("pages/") { return page(call, request, of: clinic) }
        guard call.method == "GET", ["session", "config", "appointments"].contains(request.name) else {
            return Self.error(404, "no such address")
        }
        guard takes(call) else { return Self.error(401, "the session is over") }
        switch request.name {
        case "session": return .json(#"{"alive":true}"#)
        case "config":
            guard let configuration = settings.configuration else { return Self.error(404, "no configuration") }
            return .json(configuration)
        default:
            guard !request.start.isEmpty, !request.end.isEmpty else {
                return Self.error(400, "start and end are needed")
            }
            return appointments(of: clinic, from: request.start, to: request.end)
        }
    }

    private mutating func logIn(_ call: HTTPCall) -> HTTPAnswer {
        let body = try? JSON.decode(JSONValue.self, from: call.body)
        let user = body?["username"]?.stringValue ?? "", password = body?["password"]?.stringValue ?? ""
        guard !user.isEmpty, settings.login == nil || settings.login == "\(user):\(password)" else {
            return Self.error(401, "user name or password are wrong")
        }
        let session = newSession()
        if settings.givesToken { return .json(#"{"token":"\#(session)"}"#) }
        var answer = HTTPAnswer.json("{}")
        answer.headers.append(("Set-Cookie", "clinic-session=\(session); Path=/; HttpOnly"))
        answer.headers.append(("Set-Cookie", "theme=plain"))
        return answer
    }

    mutating func newSession() -> String {
        lastSession += 1
        let session = "s\(lastSession)"
        sessions[session] = settings.sessionLife > 0 ? settings.sessionLife : .max
        return session
    }

    /// - Parameter byCookie: as pages do, whatever the API wants.
    mutating func takes(_ call: HTTPCall, byCookie: Bool = false) -> Bool {
        let given =
            settings.givesToken && !byCookie
            ? call["Authorization"].map { String($0.dropFirst("Bearer ".count)) }
            : call["Cookie"]?.split(separator: ";").map { $0.drop { $0 == " " } }
                .first { $0.hasPrefix("clinic-session=") }.map { String($0.dropFirst("clinic-session=".count)) }
        guard let given, let left = sessions[given], left > 0 else { return false }
        if left < .max { sessions[given] = left - 1 }
        return true
    }

    private mutating func appointments(of clinic: String, from day: String, to end: String) -> HTTPAnswer {
        let list = calendar.appointments(of: clinic, from: day, to: end)
        var shape = settings.shape
        if shape == .rotating {
            shape = ClinicSimulator.Shape.allCases[answers % (ClinicSimulator.Shape.allCases.count - 1)]
            answers += 1
        }
        var json = JSONWriter(reserving: 256 * list.count + 64)
        if shape == .array {
            json.array { json in for one in list { json.value(one) } }
        } else {
            json.object { json in
                json.member("count", list.count)
                json.member(shape.rawValue) { json in json.array { json in for one in list { json.value(one) } } }
            }
        }
        return HTTPAnswer(
            200, headers: [("Content-Type", "application/json")], body: json.bytes, after: settings.readingTime)
    }

    /// `{"clinic": …, "id": …}` with `removed: true`, or with what changes of `day`, `start` (minutes), `minutes`, `status`,
    /// `patient`; an id that is not there is added.
    private mutating func script(_ body: [UInt8]) -> HTTPAnswer {
        guard let value = try? JSON.decode(JSONValue.self, from: body), let clinic = value["clinic"]?.stringValue,
            let id = value["id"]?.stringValue
        else { return Self.error(400, "clinic and id are needed") }
        if value["removed"]?.boolValue == true {
            calendar.remove(id, from: clinic)
            return .json("{}")
        }
        var one = calendar.clinics[clinic]?[id] ?? SimulatedCalendar.Appointment(id: id, patient: "", day: "")
        if let day = value["day"]?.stringValue { one.day = day }
        if let start = value["start"]?.intValue { one.start = start }
        if let minutes = value["minutes"]?.intValue { one.minutes = minutes }
        if let status = value["status"]?.stringValue { one.status = status }
        if let patient = value["patient"]?.stringValue { one.patient = patient }
        guard one.day.utf8.count == 10 else { return Self.error(400, "a day is needed") }
        calendar.put(one, in: clinic)
        return .json("{}")
    }

    package static func error(_ status: Int, _ code: String, _ message: String) -> HTTPAnswer {
        error(status, message)
    }

    private static func error(_ status: Int, _ message: String) -> HTTPAnswer {
        .json(JSON.text(["error": message]), status: status)
    }
}

extension SimulatedCalendar.Appointment: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("date", day)
            $0.member("start", Self.clock(start))
            $0.member("end", Self.clock(start + minutes))
            $0.member("patient", patient)
            $0.member("client") { json in json.object { $0.member("name", client) } }
            $0.member("phone", phone)
            $0.member("provider", provider)
            $0.member("type", type)
            $0.member("status", status)
            $0.member("bookedAt", bookedAt)
            $0.member("reminded", reminded)
        }
    }

    /// "4:15 PM"
    static func clock(_ minutes: Int) -> String {
        let hour = minutes / 60 % 24, minute = minutes % 60
        return "\(hour % 12 == 0 ? 12 : hour % 12):\(minute < 10 ? "0" : "")\(minute) \(hour < 12 ? "AM" : "PM")"
    }
}
