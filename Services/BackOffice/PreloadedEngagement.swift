import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceWorker

/// The books of the planning, with the engagement of all people by the preloader where it has the dataset, else by the books'
/// own two reads.
struct PreloadedEngagement: BriefBooks {
    static let dataset = "brief-engagement"
    /// How long the preloader may take.
    static let patience = Duration.seconds(30)
    /// Keys of one call, as many as the preloader takes.
    private static let atOnce = 100_000

    let books: any BriefBooks
    let run: JobRun
    var preloader = PreloadClient.shared

    func activePreferences() async throws -> [BriefPreference] { try await books.activePreferences() }

    func briefs(of people: [String], from: Timestamp) async throws -> [PlannedBrief] {
        try await books.briefs(of: people, from: from)
    }

    /// Somebody whose row has an error, or does not read, is left out; nobody else is harmed.
    func engagement(of people: [String]) async throws -> [String: EngagementFacts] {
        var facts: [String: EngagementFacts] = [:]
        for start in stride(from: 0, to: people.count, by: Self.atOnce) {
            let part = Array(people[start..<min(start + Self.atOnce, people.count)])
            let rows: PreloadClient.Rows
            do {
                rows = try await run.preload(Self.dataset, part, timeout: Self.patience, by: preloader)
            } catch let error as RPCError {
                run.log.debug("the preloader does not know who was here, the books are asked: \(error)")
                return try await books.engagement(of: people)
            }
            for (person, row) in rows.values {
                do {
                    facts[person] = try row.decode(EngagementRow.self).facts
                } catch {
                    run.log.warning("a row of \(Self.dataset) is left out: \(error)")
                }
            }
            for (_, error) in rows.errors.prefix(20) {
                run.log.warning("the visits of a user could not be read: \(error)")
            }
        }
        return facts
    }
}

/// A row of the dataset; times are milliseconds since 1970.
private struct EngagementRow: JSONDecodable {
    var facts = EngagementFacts()

    init(from json: inout JSONReader) throws(JSONError) {
        var lastVisit: Int?, lastBrief: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "last_visit": lastVisit = try json.value()
            case "last_brief": lastBrief = try json.value()
            default: try json.skip()
            }
        }
        facts.lastVisit = lastVisit.map { Timestamp(milliseconds: Int64($0)) }
        facts.lastBrief = lastBrief.map { Timestamp(milliseconds: Int64($0)) }
    }
}
