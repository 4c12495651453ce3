/// A small company with something to do in every workload. All of it is made up; the same in every run.
extension SimulatedCompany {
    /// - Parameters:
    ///   - month: `2026-10`, the one whose timesheets wait to become orders.
    ///   - days: it has.
    ///   - before: the month before, whose orders wait to be paid, and its last day.
    public static func sample(month: String, days: Int, before: String, lastDayBefore: String) -> SimulatedCompany {
        var company = SimulatedCompany()
        let projects = ["kafi", "nghe", "lotus", "harbor"].map { company.project($0) }
        let people:
            [(discord: String, name: String, position: String, billing: String, amount: String, currency: String)] = [
                ("ada", "Ada Vale", "Software Engineer", "Monthly Fixed", "30000000", "VND"),
                ("binh", "Binh Tran", "Backend Engineer", "Hourly Rate", "350000", "VND"),
                ("cara", "Cara Stone", "Product Designer", "Monthly Fixed", "2500", "USD"),
                ("dao", "Dao Le", "Operation Executive", "Monthly Fixed", "18000000", "VND"),
                ("emil", "Emil Ford", "Software Engineer", "Hourly Rate", "32.5", "USD"),
                ("fen", "Fen Hu", "QA Engineer", "Mixed", "21000000", "VND"),
            ]
        let works = [
            "Booking page, its form and the confirmation", "Review of the payment flow", "Fixes after the demo",
            "Report of slow queries and two indexes", "Weekly planning with the client", "Import of the old catalogue",
        ]
        for (number, person) in people.enumerated() {
            let contractor = company.contractor(person.discord, name: person.name, positions: [person.position])
            let rate = person.billing == "Mixed" ? "Monthly Fixed" : person.billing
            company.rate(
                contractor, billing: rate, amount: person.amount, currency: person.currency, start: "2025-01-01",
                payday: number % 2 == 0 ? "01" : "15")
            let own = [projects[number % 4], projects[(number + 1) % 4]]
            let deployments = own.map { company.deployment(contractor, $0) }
            for (place, project) in own.enumerated() {
                for entry in 0..<3 {
                    let day = 1 + (number * 5 + place * 9 + entry * 7) % days
                    let hours = "\(1 + (number + entry) % 7).\(["25", "5", "75"][entry])"
                    let code = ["kafi", "nghe", "lotus", "harbor"][(number + place) % 4]
                    company.entry(
                        contractor, project, date: "\(month)-\(day < 10 ? "0" : "")\(day)", hours: hours,
                        text: works[(number + entry + place) % works.count],
                        status: entry == 2 && number == 5 ? "Pending Feedback" : "Reviewed",
                        title: "\(code) :: \(person.discord) :: \(day) - \(hours)h")
                }
            }
            let order = company.order(person.discord, month: before, lastDay: lastDayBefore)
            for (place, deployment) in deployments.enumerated() {
                company.line(order, deployment, hours: "\(40 + number * 3 + place * 7).5")
            }
            if number < 2 {
                company.refund(
                    "RF-\(100 + number)", contractor, amount: number == 0 ? "1200000" : "850000", currency: "VND",
                    date: lastDayBefore)
            }
            if number == 2 || number == 4 {
                company.split(
                    "INV-\(200 + number)", contractor, amount: "\(120 + number)", currency: "USD",
                    role: number == 2 ? "Sales" : "Account Manager", month: lastDayBefore)
            }
        }
        return company
    }

    /// What `backoffice.conf` would say of these tables, as variables of the environment.
    public var variables: [String: String] {
        var variables: [String: String] = [:]
        for collection in Self.collections {
            variables["MILLRACE_BACKOFFICE_NOTION_\(collection.uppercased())"] = notion.tables[collection]?.database
        }
        return variables
    }
}
