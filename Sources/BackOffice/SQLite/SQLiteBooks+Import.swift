import MillraceStore

extension SQLiteBooks {
    /// Takes the records in, in one transaction, and completes the report.
    /// - Throws: ``ImportRefused`` when a record does not fit what the books hold, unless such may be left out.
    func take(_ records: [PlacedRecord], _ report: ImportReport, skipBad: Bool) async throws -> ImportReport {
        try await database.write { connection in
            var intake = try Intake(connection, report)
            for placed in records {
                do {
                    try intake.take(placed.record)
                } catch let misfit as Misfit {
                    intake.report.skipped += 1
                    intake.report.problems.append(LineProblem(at: placed.position, misfit.message))
                }
            }
            intake.report.problems.sort()
            if !intake.report.problems.isEmpty, !skipBad { throw ImportRefused(report: intake.report.nothingDone) }
            return intake.report
        }
    }
}

/// Why a record does not fit what the books hold.
struct Misfit: Error {
    let message: String
}

extension ImportReport {
    fileprivate var nothingDone: ImportReport {
        var report = self
        report.imported = 0
        report.updated = 0
        report.unchanged = 0
        report.createdContractors = []
        report.createdProjects = []
        report.createdDeployments = []
        return report
    }
}

/// One import under way.
struct Intake {
    let connection: Connection
    var report: ImportReport
    /// Names on the chat server.
    private(set) var contractors: [ContractorID: String]
    /// Codes.
    private var projects: [ProjectID: String]
    private var deployments: [Pair: DeploymentID]

    private struct Pair: Hashable {
        var contractor: ContractorID
        var project: ProjectID
    }

    init(_ connection: Connection, _ report: ImportReport) throws {
        self.connection = connection
        self.report = report
        contractors = Dictionary(
            uniqueKeysWithValues: try connection.query("SELECT id, discord FROM contractor") {
                ($0.id(0) as ContractorID, $0.text(1))
            })
        projects = Dictionary(
            uniqueKeysWithValues: try connection.query("SELECT id, code FROM project") {
                ($0.id(0) as ProjectID, $0.text(1))
            })
        deployments = Dictionary(
            uniqueKeysWithValues: try connection.query("SELECT contractor, project, id FROM deployment") {
                (Pair(contractor: $0.id(0), project: $0.id(1)), $0.id(2) as DeploymentID)
            })
    }

    mutating func take(_ record: ImportRecord) throws {
        switch record {
        case .contractor(let id, let discord, let name): try take(contractor: id, discord, name)
        case .project(let id, let code, let name): try take(project: id, code, name)
        case .deployment(let id, let contractor, let project, let status):
            try take(deployment: id, contractor, project, status)
        case .rate(let rate): try take(rate)
        case .position(let contractor, let position): try take(contractor, position)
        case .entry(let entry): try take(entry)
        case .refund(let refund): try take(refund)
        case .split(let split): try take(split)
        case .payout(let payout): try take(payout)
        case .clinic(let clinic): try take(clinic)
        case .appointment(let appointment, let told): try take(appointment, told)
        }
    }

    private mutating func take(contractor id: ContractorID, _ discord: String?, _ name: String?) throws {
        let old = try connection.first(
            "SELECT discord, name FROM contractor WHERE id = ?1", .text(id.text),
            row: { Contractor(id: id, discord: $0.text(0), name: $0.text(1)) })
        let new = Contractor(
            id: id, discord: discord ?? old?.discord ?? id.text, name: name ?? old?.name ?? "")
        try put(
            old, new,
            """
            INSERT INTO contractor (id, discord, name) VALUES (?1, ?2, ?3)
            ON CONFLICT (id) DO UPDATE SET discord = excluded.discord, name = excluded.name
            """, [.text(id.text), .text(new.discord), .text(new.name)])
        contractors[id] = new.discord
    }

    private mutating func take(project id: ProjectID, _ code: String?, _ name: String?) throws {
        let old = try connection.first(
            "SELECT code, name FROM project WHERE id = ?1", .text(id.text),
            row: { Project(id: id, code: $0.text(0), name: $0.text(1)) })
        let new = Project(id: id, code: code ?? old?.code ?? id.text, name: name ?? old?.name ?? "")
        try put(
            old, new,
            """
            INSERT INTO project (id, code, name) VALUES (?1, ?2, ?3)
            ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name
            """, [.text(id.text), .text(new.code), .text(new.name)])
        projects[id] = new.code
    }

    private mutating func take(
        deployment id: DeploymentID?, _ contractor: ContractorID, _ project: ProjectID, _ status: String?
    ) throws {
        guard contractors[contractor] != nil else { throw Misfit(message: "there is no contractor '\(contractor)'") }
        guard projects[project] != nil else { throw Misfit(message: "there is no project '\(project)'") }
        let pair = Pair(contractor: contractor, project: project)
        let known = deployments[pair]
        if let known, let id, known != id {
            throw Misfit(message: "'\(contractor)' is deployed on '\(project)' already, by '\(known)'")
        }
        let id = known ?? id ?? Deployment.derivedID(contractor: contractor, project: project)
        let old = try connection.first(
            "SELECT \(Deployment.columns) FROM deployment d WHERE d.id = ?1", .text(id.text),
            row: { Deployment($0) })
        if let old, old.contractor != contractor || old.project != project {
            throw Misfit(message: "the deployment '\(id)' is that of '\(old.contractor)' on '\(old.project)'")
        }
        let new = Deployment(
            id: id, contractor: contractor, project: project, status: status ?? old?.status ?? Deployment.active)
        try put(
            old, new,
            """
            INSERT INTO deployment (id, contractor, project, status) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET status = excluded.status
            """, [.text(id.text), .text(contractor.text), .text(project.text), .text(new.status)])
        deployments[pair] = id
    }

    private mutating func take(_ entry: ImportRecord.Entry) throws {
        try bring(entry.contractor, entry.project)
        let old = try connection.first(
            "SELECT \(TimesheetEntry.columns) FROM timesheet_entry e WHERE e.id = ?1", .text(entry.id.text),
            row: { try TimesheetEntry($0) })
        let title =
            entry.title
            ?? TimesheetEntry.title(
                project: entry.project.flatMap { projects[$0] } ?? "",
                discord: entry.contractor.flatMap { contractors[$0] } ?? "", date: entry.date, hours: entry.hours)
        let new = TimesheetEntry(
            id: entry.id, title: title, date: entry.date, hours: entry.hours, text: entry.text ?? old?.text ?? "",
            contractor: entry.contractor, project: entry.project, status: entry.status ?? old?.status ?? .draft)
        try put(
            old, new,
            """
            INSERT INTO timesheet_entry (id, title, date, hours, text, contractor, project, status)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, date = excluded.date, hours = excluded.hours,
                text = excluded.text, contractor = excluded.contractor, project = excluded.project,
                status = excluded.status
            """,
            [
                .text(new.id.text), .text(new.title), SQLValue(new.date?.description),
                .text(new.hours.description),
                .text(new.text), SQLValue(new.contractor?.text), SQLValue(new.project?.text),
                .text(new.status.rawValue),
            ])
    }

    /// Creates what a timesheet entry refers to and the books lack.
    private mutating func bring(_ contractor: ContractorID?, _ project: ProjectID?) throws {
        if let contractor, contractors[contractor] == nil {
            try connection.run(
                "INSERT INTO contractor (id, discord, name) VALUES (?1, ?1, '')", .text(contractor.text))
            contractors[contractor] = contractor.text
            report.createdContractors.append(contractor.text)
        }
        if let project, projects[project] == nil {
            try connection.run("INSERT INTO project (id, code, name) VALUES (?1, ?1, '')", .text(project.text))
            projects[project] = project.text
            report.createdProjects.append(project.text)
        }
        guard let contractor, let project else { return }
        let pair = Pair(contractor: contractor, project: project)
        guard deployments[pair] == nil else { return }
        let id = Deployment.derivedID(contractor: contractor, project: project)
        try connection.run(
            "INSERT INTO deployment (id, contractor, project, status) VALUES (?1, ?2, ?3, 'Active')",
            .text(id.text), .text(contractor.text), .text(project.text))
        deployments[pair] = id
        report.createdDeployments.append(id.text)
    }

    /// Writes a record unless it is there just so, and counts it.
    mutating func put<Value: Equatable>(
        _ old: Value?, _ new: Value, _ sql: String, _ values: [SQLValue]
    ) throws {
        if old == new {
            report.unchanged += 1
            return
        }
        try connection.run(sql, values)
        if old == nil { report.imported += 1 } else { report.updated += 1 }
    }
}
