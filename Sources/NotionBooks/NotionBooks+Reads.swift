public import BackOffice
import Decimals
import Notion

extension NotionBooks {
    /// One request for each hundred entries of the month. The part of the contractor's name is looked for here, not there,
    /// since Notion does not mind the case of letters.
    public func entries(_ query: EntryQuery) async throws -> [TimesheetEntry] {
        let table = try await table(.entries)
        var filter = table.date(.entryDate, in: query.month)
        if !query.everyStatus { filter.append(table.equals(.entryStatus, TimesheetEntry.Status.reviewed.rawValue)) }
        if let title = query.title { filter.append(.property("title", "title", .contains(title))) }
        var entries: [TimesheetEntry] = []
        for page in try await client.all(table.query(.and(filter)), splitting: true) {
            let entry = try entry(page, table)
            let discord = try table.string(.entryDiscord, page) ?? ""
            if let contractor = entry.contractor { memory.keep(discord: discord, contractor) }
            if let part = query.discord, !discord.contains(part) { continue }
            if let part = query.title, !entry.title.contains(part) { continue }
            entries.append(entry)
        }
        return entries.sorted { $0.id < $1.id }
    }

    private func entry(_ page: NotionPage, _ table: NotionTable) throws -> TimesheetEntry {
        TimesheetEntry(
            id: EntryID(page.id), title: page.title, date: try table.day(.entryDate, page),
            hours: try table.number(.entryHours, page) ?? 0, text: try table.string(.entryText, page) ?? "",
            contractor: try table.pages(.entryContractor, page).first.map { ContractorID($0) },
            project: try table.pages(.entryProject, page).first.map { ProjectID($0) },
            status: Self.entryStatus(try table.string(.entryStatus, page)))
    }

    /// The words before the tables were renamed count too; an unknown one is a draft's.
    private static func entryStatus(_ word: String?) -> TimesheetEntry.Status {
        switch word {
        case "Approved": .reviewed
        case "Pending Approval": .pendingFeedback
        default: word.flatMap { TimesheetEntry.Status(rawValue: $0) } ?? .draft
        }
    }

    public func activeRate(of contractor: ContractorID, in month: Month) async throws -> ContractorRate? {
        let table = try await table(.rates)
        let filter = NotionFilter.and(
            [table.equals(.rateStatus, ContractorRate.active)]
                + table.contains(.rateContractor, anyOf: [try contractor.notion()]))
        return try await client.all(table.query(filter))
            .map { try rate($0, table) }
            .filter { rate in
                rate.startDate.map { $0 <= month.lastDay } ?? true && rate.endDate.map { month.firstDay <= $0 } ?? true
            }
            .min { ContractorRate.isPreferred($0, to: $1) }
    }

    func rate(_ page: NotionPage, _ table: NotionTable) throws -> ContractorRate {
        let payday = try table.string(.ratePayday, page).flatMap { Int($0) } ?? 0
        return ContractorRate(
            id: RateID(page.id),
            contractor: ContractorID(try table.pages(.rateContractor, page).first.map(\.description) ?? ""),
            status: try table.string(.rateStatus, page) ?? "", startDate: try table.day(.rateStart, page),
            endDate: try table.day(.rateEnd, page), payday: ContractorRate.paydays.contains(payday) ? payday : 0,
            billingType: BillingType(try table.string(.rateBilling, page) ?? ""),
            monthlyFixed: try table.number(.rateFixed, page), hourlyRate: try table.number(.rateHourly, page),
            grossFixed: try table.number(.rateGross, page),
            currency: try table.string(.rateCurrency, page).flatMap { Currency($0) })
    }

    /// One request for each hundred deployments. With a part of a name, one more for each contractor whose page is not
    /// remembered, five at a time.
    public func activeDeployments(discord: String?) async throws -> [Deployment] {
        let table = try await table(.deployments)
        var deployments = try await client.all(
            table.query(table.equals(.deploymentStatus, Deployment.active)), splitting: true
        ).compactMap { try deployment($0, table) }
        if let discord {
            let people = try await people(Set(deployments.map(\.contractor)).sorted())
            deployments = deployments.filter { people[$0.contractor]?.discord.contains(discord) ?? false }
        }
        return Self.firsts(deployments).sorted { ($0.contractor, $0.project) < ($1.contractor, $1.project) }
    }

    /// Nil for one without contractor or project.
    func deployment(_ page: NotionPage, _ table: NotionTable) throws -> Deployment? {
        guard let contractor = try table.pages(.deploymentContractor, page).first,
            let project = try table.pages(.deploymentProject, page).first
        else { return nil }
        return Deployment(
            id: DeploymentID(page.id), contractor: ContractorID(contractor), project: ProjectID(project),
            status: try table.string(.deploymentStatus, page) ?? "")
    }

    /// Of the deployments of one pair the first.
    static func firsts(_ deployments: [Deployment]) -> [Deployment] {
        struct Pair: Hashable {
            var contractor: ContractorID
            var project: ProjectID
        }
        var seen: Set<Pair> = []
        return deployments.filter { seen.insert(Pair(contractor: $0.contractor, project: $0.project)).inserted }
    }
}
