/// A record as a file gives it. What the file says nothing of is nil, and stays in the books as it is.
enum ImportRecord {
    case contractor(id: ContractorID, discord: String?, name: String?)
    case project(id: ProjectID, code: String?, name: String?)
    case deployment(id: DeploymentID?, contractor: ContractorID, project: ProjectID, status: String?)
    case rate(Told<ContractorRate>)
    case position(ContractorID, String)
    case entry(Told<TimesheetEntry>)
    case refund(Told<RefundRequest>)
    case split(Told<InvoiceSplit>)
    case payout(Told<Payout>)
    case clinic(Told<Clinic>)
    case appointment(Told<ImportedAppointment>)

    /// What identifies the record within its file: one text or two, which are not joined, for any sign may stand in either.
    var key: [BookID<ImportRecord>] {
        let texts =
            switch self {
            case .contractor(let id, _, _): [id.text]
            case .project(let id, _, _): [id.text]
            case .deployment(_, let contractor, let project, _): [contractor.text, project.text]
            case .rate(let rate): [rate.fresh.id.text]
            case .position(let contractor, let position): [contractor.text, position]
            case .entry(let entry): [entry.fresh.id.text]
            case .refund(let refund): [refund.fresh.id.text]
            case .split(let split): [split.fresh.id.text]
            case .payout(let payout): [payout.fresh.id.text]
            case .clinic(let clinic): [clinic.fresh.id.text]
            case .appointment(let one): [one.fresh.clinic.text, one.fresh.id]
            }
        return texts.map { BookID($0) }
    }

    /// Nil when something is wrong; then `reader` knows what.
    init?(_ reader: inout RecordReader, _ plan: BooksImport) {
        switch plan.table {
        case .contractors:
            guard let id = reader.id("id", Contractor.self) else { return nil }
            self = .contractor(id: id, discord: reader.word("discord"), name: reader.word("name"))
        case .projects:
            guard let id = reader.id("id", Project.self) else { return nil }
            self = .project(id: id, code: reader.word("code"), name: reader.word("name"))
        case .deployments:
            let id = reader.optionalID("id", Deployment.self)
            let contractor = reader.id("contractor", Contractor.self), project = reader.id("project", Project.self)
            let status = reader.word("status", knowing: [Deployment.active], others: "they do not count as active")
            guard reader.problems.isEmpty, let contractor, let project else { return nil }
            self = .deployment(id: id, contractor: contractor, project: project, status: status)
        case .rates:
            guard let rate = Self.rate(&reader) else { return nil }
            self = rate
        case .positions:
            let contractor = reader.id("contractor", Contractor.self), position = reader.needed("position")
            guard let contractor, let position else { return nil }
            self = .position(contractor, position)
        case .refunds:
            guard let refund = Self.refund(&reader) else { return nil }
            self = refund
        case .splits:
            guard let split = Self.split(&reader) else { return nil }
            self = split
        case .payouts:
            guard let payout = Self.payout(&reader) else { return nil }
            self = payout
        case .timesheets:
            guard let entry = Self.entry(&reader, plan.status) else { return nil }
            self = entry
        case .clinics:
            guard let clinic = Self.clinic(&reader) else { return nil }
            self = clinic
        case .appointments:
            guard let appointment = Self.appointment(&reader) else { return nil }
            self = appointment
        case .orders, .lines, .slots, .bookings, .syncs:
            return nil
        }
    }

    private static func rate(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", ContractorRate.self), contractor = reader.id("contractor", Contractor.self)
        let start = reader.optionalDay("start_date"), end = reader.optionalDay("end_date")
        let word = reader.word("payday") ?? "0"
        let payday = Int(word) ?? -1
        if !ContractorRate.paydays.contains(payday) {
            reader.fail("payday", "'\(word)' is none of 1 and 15, or 0 for none")
        }
        if let start, let end, end < start { reader.fail("end_date", "lies before the start") }
        let monthly = reader.optionalAmount("monthly_fixed"), hourly = reader.optionalAmount("hourly_rate")
        let gross = reader.optionalAmount("gross_fixed"), currency = reader.optionalCurrency("currency")
        let status = reader.word("status", knowing: [ContractorRate.active], others: "nobody is paid by them")
        let billing = reader.word(
            "billing_type", knowing: BillingType.known.map(\.text), others: "they pay by the hour")
        guard reader.problems.isEmpty, let id, let contractor else { return nil }
        var rate = Told(ContractorRate(id: id, contractor: contractor, payday: payday), by: reader)
        rate.set("contractor", as: \.contractor, to: contractor)
        rate.set("status", as: \.status, to: status ?? ContractorRate.active)
        rate.set("start_date", as: \.startDate, to: start)
        rate.set("end_date", as: \.endDate, to: end)
        rate.set("payday", as: \.payday, to: payday)
        rate.set("billing_type", as: \.billingType, to: BillingType(billing ?? ""))
        rate.set("monthly_fixed", as: \.monthlyFixed, to: monthly)
        rate.set("hourly_rate", as: \.hourlyRate, to: hourly)
        rate.set("gross_fixed", as: \.grossFixed, to: gross)
        rate.set("currency", as: \.currency, to: currency)
        return .rate(rate)
    }

    private static func entry(
        _ reader: inout RecordReader, _ fixedStatus: TimesheetEntry.Status?
    ) -> ImportRecord? {
        let id = reader.id("id", TimesheetEntry.self), date = reader.optionalDay("date"), hours = reader.hours("hours")
        let contractor = reader.optionalID("contractor", Contractor.self)
        let project = reader.optionalID("project", Project.self)
        var status = fixedStatus
        if status == nil, let word = reader.word("status") {
            status = TimesheetEntry.Status(rawValue: word)
            if status == nil {
                let known = TimesheetEntry.Status.allCases.map(\.rawValue).joined(separator: ", ")
                reader.fail("status", "'\(word)' is none of \(known)")
            }
        }
        guard reader.problems.isEmpty, let id, let hours else { return nil }
        var entry = Told(TimesheetEntry(id: id, hours: hours), by: reader)
        entry.set("date", as: \.date, to: date)
        entry.set("contractor", as: \.contractor, to: contractor)
        entry.set("project", as: \.project, to: project)
        entry.set("hours", as: \.hours, to: hours)
        entry.set("text", as: \.text, to: reader.text("text") ?? "")
        // An empty status tells none, and the entry keeps its own.
        if let status { entry.set(\.status, to: status) }
        // An empty title is the one that an entry has by default, which the books make.
        entry.set("title", as: \.title, to: reader.word("title") == nil ? "" : reader.text("title") ?? "")
        return .entry(entry)
    }
}
