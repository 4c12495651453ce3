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
            intake.noteUncounted()
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
    private var uncounted = Uncounted()

    /// Entries that lack what an order is made of.
    private struct Uncounted {
        var contractor = 0
        var project = 0
        var day = 0
    }

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
        case .appointment(let appointment): try take(appointment)
        }
    }

    private mutating func take(contractor id: ContractorID, _ discord: String?, _ name: String?) throws {
        let old = try connection.first(
            "SELECT discord, name FROM contractor WHERE id = ?1", .text(id.text),
            row: { Contractor(id: id, discord: $0.text(0), name: $0.text(1)) })
        let new = Contractor(
            id: id, discord: discord ?? old?.discord ?? id.text, name: name ?? old?.name ?? "")
        if let old, old.discord != new.discord {
            try retitle("contractor", id.text) { $0.contractors[id] = new.discord }
        }
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
        if let old, old.code != new.code { try retitle("project", id.text) { $0.projects[id] = new.code } }
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
        let old = try deployment(id)
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

    private mutating func take(_ told: Told<TimesheetEntry>) throws {
        let old = try connection.first(
            "SELECT \(TimesheetEntry.columns) FROM timesheet_entry e WHERE e.id = ?1", .text(told.fresh.id.text),
            row: { try TimesheetEntry($0) })
        let isDerived = old.map { !told.tells("title") && $0.title == title(of: $0) } ?? false
        var new = told.merged(with: old)
        try bring(new.contractor, new.project)
        // One that the books made goes with what it is made of; one that was told stays until another is.
        if isDerived || new.title.isEmpty { new.title = title(of: new) }
        if new.contractor == nil { uncounted.contractor += 1 }
        if new.project == nil { uncounted.project += 1 }
        if new.date == nil { uncounted.day += 1 }
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

    private func title(of entry: TimesheetEntry) -> String {
        TimesheetEntry.title(
            project: entry.project.flatMap { projects[$0] } ?? "",
            discord: entry.contractor.flatMap { contractors[$0] } ?? "", date: entry.date, hours: entry.hours)
    }

    /// Gives a contractor or project another name, and with it the titles that the books made of the old one: entries of
    /// a project are found by them.
    private mutating func retitle(_ column: String, _ id: String, _ rename: (inout Intake) -> Void) throws {
        let entries = try connection.query(
            "SELECT \(TimesheetEntry.columns) FROM timesheet_entry e WHERE e.\(column) = ?1", .text(id),
            row: { try TimesheetEntry($0) }
        ).filter { $0.title == title(of: $0) }
        rename(&self)
        for entry in entries {
            try connection.run(
                "UPDATE timesheet_entry SET title = ?2 WHERE id = ?1", .text(entry.id.text), .text(title(of: entry)))
        }
    }

    /// Notes how many of the entries count in no order, or in no month.
    mutating func noteUncounted() {
        if uncounted.contractor > 0 {
            report.notes.append("entries without contractor, which count in no order: \(uncounted.contractor)")
        }
        if uncounted.project > 0 {
            report.notes.append("entries without project, which count in no order: \(uncounted.project)")
        }
        if uncounted.day > 0 {
            report.notes.append("entries without a day, which count in no month: \(uncounted.day)")
        }
    }

    /// Creates what a timesheet entry refers to and the books lack.
    private mutating func bring(_ contractor: ContractorID?, _ project: ProjectID?) throws {
        let deployment = try missingDeployment(contractor, project)
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
        guard let deployment else { return }
        try connection.run(
            "INSERT INTO deployment (id, contractor, project, status) VALUES (?1, ?2, ?3, ?4)",
            .text(deployment.id.text), .text(deployment.contractor.text), .text(deployment.project.text),
            .text(deployment.status))
        deployments[Pair(contractor: deployment.contractor, project: deployment.project)] = deployment.id
        report.createdDeployments.append(deployment.id.text)
    }

    /// The deployment that has to be made for an entry of both.
    /// - Throws: ``Misfit`` where somebody has given its id to another.
    private func missingDeployment(_ contractor: ContractorID?, _ project: ProjectID?) throws -> Deployment? {
        guard let contractor, let project, deployments[Pair(contractor: contractor, project: project)] == nil else {
            return nil
        }
        let id = Deployment.derivedID(contractor: contractor, project: project)
        if let other = try deployment(id) {
            throw Misfit(
                message: "the deployment '\(id)' is that of '\(other.contractor)' on '\(other.project)'; "
                    + "first import one of '\(contractor)' on '\(project)' with another id")
        }
        return Deployment(id: id, contractor: contractor, project: project)
    }

    private func deployment(_ id: DeploymentID) throws -> Deployment? {
        try connection.first(
            "SELECT \(Deployment.columns) FROM deployment d WHERE d.id = ?1", .text(id.text), row: { Deployment($0) })
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
