import Decimals

/// One contractor's part of a sync, one project after the other.
struct ContractorSync {
    let contractor: ContractorID
    let parameters: SyncParameters
    let books: any Books
    let lookups: any OrderLookups
    let summarizer: any Summarizer
    let log: RunLog

    func run(_ entries: [TimesheetEntry]) async throws -> ContractorOutcome {
        var outcome = ContractorOutcome(
            detail: ContractorDetail(contractor: contractor, updateHoursOnly: parameters.updateHoursOnly))
        if entries.isEmpty {
            outcome.detail.skippedReason = .noEntries
            return outcome
        }
        guard let order = try await order(&outcome) else {
            outcome.detail.skippedReason = .noOrder
            return outcome
        }
        outcome.detail.order = order
        var total: Hours = 0
        for (project, entries) in Self.byProject(entries) {
            try await sync(project, entries, order, &total, &outcome)
        }
        outcome.detail.totalHours = total
        return outcome
    }

    /// In the order of the projects' ids; entries without project are dropped.
    private static func byProject(_ entries: [TimesheetEntry]) -> [(ProjectID, [TimesheetEntry])] {
        var groups: [ProjectID: [TimesheetEntry]] = [:]
        for entry in entries {
            if let project = entry.project { groups[project, default: []].append(entry) }
        }
        return groups.sorted { $0.key < $1.key }
    }

    /// The order, made if there is none; nil when there is none and nothing may be made.
    private func order(_ outcome: inout ContractorOutcome) async throws -> OrderID? {
        if let order = try await lookups.order(of: contractor) { return order.id }
        if parameters.updateHoursOnly { return nil }
        let ensured = try await books.ensureOrder(of: contractor, month: parameters.month)
        if ensured.created { outcome.ordersCreated += 1 }
        return ensured.order.id
    }

    private func sync(
        _ project: ProjectID, _ entries: [TimesheetEntry], _ order: OrderID, _ total: inout Hours,
        _ outcome: inout ContractorOutcome
    ) async throws {
        let found = try await attempt("deployment not looked up, project skipped", project) {
            try await lookups.deployment(of: contractor, on: project)
        }
        guard let found else { return }
        guard let deployment = found else {
            note("no deployment, project skipped", project)
            return
        }
        var hours: Hours = 0
        for entry in entries { hours = try hours.adding(entry.hours) }
        total = try total.adding(hours)

        let looked = try await attempt("line not looked up, project skipped", project) {
            try await lookups.line(of: order, for: deployment.id)
        }
        guard let line = looked else { return }
        let ids = entries.map(\.id).sorted()
        let write: LineWrite?
        if let line, line.says(hours: hours, entries: ids) {
            write = LineWrite(line: line.id, change: .unchanged)
        } else if parameters.updateHoursOnly {
            guard let line else {
                outcome.detail.projects.append(
                    ProjectDetail(project: project, hours: hours, skippedReason: .noLine))
                return
            }
            write = try await attempt("hours not written, project skipped", project) {
                try await books.putHours(line: line.id, hours: hours, entries: ids)
            }
        } else {
            let summary = try await summary(of: entries, project)
            write = try await attempt("line not written, project skipped", project) {
                try await books.putLine(
                    LineDraft(
                        order: order, deployment: deployment.id, hours: hours, summary: summary, entries: ids))
            }
        }
        guard let write else { return }
        switch write.change {
        case .created: outcome.lineItemsCreated += 1
        case .updated: outcome.lineItemsUpdated += 1
        case .unchanged: break
        }
        outcome.detail.projects.append(
            ProjectDetail(project: project, line: write.line, hours: hours, timesheets: ids.count))
    }

    /// One text of what the entries say was delivered, by date. Where the summarizer fails or has nothing to say, the
    /// original texts are it.
    private func summary(of entries: [TimesheetEntry], _ project: ProjectID) async throws -> String {
        try Task.checkCancellation()
        let work = entries.sorted(by: TimesheetEntry.isEarlier)
            .filter { !$0.text.trimmed.isEmpty }
            .map { WorkText(text: $0.text, hours: $0.hours) }
        if work.isEmpty { return "" }
        do {
            let summary = try await summarizer.summarize(work)
            if !summary.trimmed.isEmpty { return summary }
            note("summary is blank, original texts kept", project)
        } catch {
            try Task.checkCancellation()
            note("no summary, original texts kept", project, error)
        }
        return OriginalTexts.joined(work)
    }

    /// What `body` returns; nil, and a line in the log, when it fails, which loses this project only.
    private func attempt<Value>(
        _ message: String, _ project: ProjectID, _ body: () async throws -> Value
    ) async throws -> Value? {
        do {
            return try await body()
        } catch {
            try Task.checkCancellation()
            note(message, project, error)
            return nil
        }
    }

    private func note(_ message: String, _ project: ProjectID, _ error: (any Error)? = nil) {
        var fields = ["contractor": contractor.text, "project": project.text]
        if let error { fields["error"] = "\(error)" }
        log(error == nil ? .warning : .error, message, fields)
    }
}
