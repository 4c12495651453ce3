import BackOffice
import JSONCodec
import Linux
import Notion

/// Contractors' pages as somebody reads them for all who ask: by id, those that he knows, each with its properties as plain
/// values (``NotionPage``'s own writing).
public typealias ContractorRows = @Sendable (_ ids: [String]) async throws -> [String: JSONRaw]

/// Names and positions of contractors: from memory, by somebody who reads them in bulk, else a page each.
extension NotionBooks {
    /// One that is not there is left out.
    func people(_ contractors: [ContractorID]) async throws -> [ContractorID: NotionMemory.Person] {
        var (found, unknown) = remembered(contractors)
        guard !unknown.isEmpty else { return found }
        let table = try await table(.contractors)
        try await readInBulk(&unknown, into: &found, table)
        let read = try await SideBySide.map(unknown, atOnce: SideBySide.positionReads) { contractor in
            try await person(contractor, table)
        }
        for (contractor, person) in zip(unknown, read) { found[contractor] = person }
        return found
    }

    /// Names and positions are worth no failure: who cannot be read is left out, with a line in the log.
    func peopleIfThere(_ contractors: [ContractorID]) async throws -> [ContractorID: NotionMemory.Person] {
        var (found, unknown) = remembered(contractors)
        guard !unknown.isEmpty else { return found }
        let table: NotionTable
        do {
            table = try await self.table(.contractors)
        } catch {
            try Task.checkCancellation()
            log(.warning, "contractors not read, going on without names and positions", ["error": "\(error)"])
            return found
        }
        try await readInBulk(&unknown, into: &found, table)
        let read = try await SideBySide.map(unknown, atOnce: SideBySide.positionReads) { contractor in
            do {
                return try await person(contractor, table)
            } catch {
                try Task.checkCancellation()
                log(
                    .warning, "contractor not read, going on without name and positions",
                    ["contractor": contractor.text, "error": "\(error)"])
                return nil
            }
        }
        for (contractor, person) in zip(unknown, read) { found[contractor] = person }
        return found
    }

    private func remembered(
        _ contractors: [ContractorID]
    ) -> (found: [ContractorID: NotionMemory.Person], unknown: [ContractorID]) {
        var found: [ContractorID: NotionMemory.Person] = [:]
        var unknown: [ContractorID] = []
        for contractor in Set(contractors).sorted() {
            if let person = memory.person(contractor) { found[contractor] = person } else { unknown.append(contractor) }
        }
        return (found, unknown)
    }

    /// Nil when there is no such page.
    func person(_ contractor: ContractorID, _ table: NotionTable) async throws -> NotionMemory.Person? {
        guard let id = NotionID(contractor.text) else { return nil }
        let page: NotionPage
        do {
            page = try await client.page(id)
        } catch NotionError.refused(let refusal) where refusal.isNotFound {
            return nil
        }
        let positions: [String] =
            if case .multiSelect(let names) = page[table.name(.contractorPositions)] { names } else { [] }
        let person = NotionMemory.Person(
            name: page.title, discord: try table.string(.contractorDiscord, page) ?? "", positions: positions)
        memory.keep(person, contractor)
        return person
    }

    // MARK: In bulk

    /// Asks the one who reads in bulk for those that are worth it, two or more; whom he has not stays unknown.
    private func readInBulk(
        _ unknown: inout [ContractorID], into found: inout [ContractorID: NotionMemory.Person], _ table: NotionTable
    ) async throws {
        guard let contractorRows, unknown.count > 1 else { return }
        let ids = Dictionary(
            unknown.compactMap { contractor in NotionID(contractor.text).map { ($0.description, contractor) } },
            uniquingKeysWith: { first, _ in first })
        let rows: [String: JSONRaw]
        do {
            rows = try await contractorRows(ids.keys.sorted())
        } catch {
            try Task.checkCancellation()
            log(.debug, "contractors are read page by page, not in bulk", ["error": "\(error)"])
            return
        }
        for (id, row) in rows {
            guard let contractor = ids[id], let person = Self.person(row, table) else { continue }
            memory.keep(person, contractor)
            found[contractor] = person
        }
        unknown.removeAll { found[$0] != nil }
    }

    /// Nil for a row that is none of this table.
    private static func person(_ row: JSONRaw, _ table: NotionTable) -> NotionMemory.Person? {
        guard let properties = try? row.decode(JSONValue.self)["properties"],
            let title = table.source.properties.first(where: { $0.value.type == "title" })?.key,
            let name = properties[title]?.stringValue,
            let positions = properties[table.name(.contractorPositions)]?.elements
        else { return nil }
        let discord = table.has(.contractorDiscord) ? properties[table.name(.contractorDiscord)]?.stringValue : nil
        return NotionMemory.Person(
            name: name, discord: discord ?? "", positions: positions.compactMap(\.stringValue))
    }
}
