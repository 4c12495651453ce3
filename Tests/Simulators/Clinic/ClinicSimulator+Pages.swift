/// A calendar without an API: pages for people, behind a form.
extension ClinicSimulator.System {
    mutating func page(_ call: HTTPCall, _ request: CalendarRequest, of clinic: String) -> HTTPAnswer {
        switch (call.method, request.name) {
        case ("GET", "pages/login"): return Self.form
        case ("POST", "pages/login"): return logInByForm(call, clinic)
        case ("GET", "pages/settings"):
            guard takes(call, byCookie: true) else { return Self.form }
            let shown = settings.configuration.map { "<pre data-configuration>\(Self.escaped($0))</pre>" }
            return Self.page(shown ?? "<p>nothing is set</p>")
        case ("GET", "pages/schedule"):
            guard takes(call, byCookie: true) else { return Self.form }
            return schedule(of: clinic, on: request.start)
        default: return Self.page("<p>no such page</p>", status: 404)
        }
    }

    private mutating func logInByForm(_ call: HTTPCall, _ clinic: String) -> HTTPAnswer {
        var given: [String: String] = [:]
        for pair in call.text.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            given[String(sides[0])] = ClinicSimulator.unescaped(String(sides[1].map { $0 == "+" ? " " : $0 }))
        }
        let user = given["user"] ?? "", password = given["secret"] ?? ""
        guard !user.isEmpty, settings.login == nil || settings.login == "\(user):\(password)" else { return Self.form }
        let home = "/clinics/\(ClinicSimulator.escaped(clinic))/pages/settings"
        return HTTPAnswer(
            303,
            headers: [
                ("Location", home), ("Set-Cookie", "clinic-session=\(newSession()); Path=/; HttpOnly"),
            ])
    }

    private func schedule(of clinic: String, on day: String) -> HTTPAnswer {
        let list = calendar.appointments(of: clinic, from: day, to: day + "~")
        var rows = ""
        for one in list {
            let fields = [
                ("start", SimulatedCalendar.Appointment.clock(one.start)),
                ("end", SimulatedCalendar.Appointment.clock(one.start + one.minutes)), ("patient", one.patient),
                ("client", one.client), ("phone", one.phone), ("provider", one.provider), ("type", one.type),
                ("status", one.status),
            ]
            let cells = fields.map { "<td data-field=\"\($0.0)\">\(Self.escaped($0.1))</td>" }.joined()
            rows += "<tr data-appointment=\"\(Self.escaped(one.id))\">\(cells)</tr>\n"
        }
        return Self.page("<table data-schedule=\"\(day)\" data-count=\"\(list.count)\">\n\(rows)</table>")
    }

    private static let form = page(
        """
        <form method="post" action="login"><input name="user"><input name="secret" type="password">
        <button>Log in</button></form>
        """)

    private static func page(_ body: String, status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(
            status, headers: [("Content-Type", "text/html; charset=utf-8")],
            body: Array("<!doctype html><link rel=\"icon\" href=\"data:,\"><body>\(body)</body>".utf8))
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case "\"": text += "&quot;"
            default: text.append(character)
            }
        }
    }
}
