import JSONCodec
public import MillraceStore
import Telemetry

/// What a collector has to know again after a restart.
public struct SourceStore: Sendable {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    /// Returns once the changes survive the death of this process; a machine that loses power loses what came within its last
    /// moments, which the publishers tell again, since their figures are totals.
    public func save(_ changes: [Collector.Change]) async throws {
        guard !changes.isEmpty else { return }
        try await database.write(.crash) { connection in
            for change in changes { try Self.apply(change, connection) }
        }
    }

    private static func apply(_ change: Collector.Change, _ connection: Connection) throws {
        switch change {
        case .save(let member):
            let source = member.snapshot.source
            try connection.run(
                """
                INSERT INTO source (service, instance, slot, gone, changed, snapshot)
                VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(changed), 0) + 1 FROM source WHERE gone = 1), ?)
                ON CONFLICT DO UPDATE SET slot = excluded.slot, gone = excluded.gone, snapshot = excluded.snapshot,
                    changed = CASE WHEN gone = excluded.gone THEN changed ELSE excluded.changed END
                """, .text(source.service), .text(source.instance), .int(Int64(member.slot)),
                .int(member.isGone ? 1 : 0), .text(JSON.text(member.snapshot)))
        case .fold(let service, let sums, let instance):
            try connection.run(
                "INSERT INTO total (service, families) VALUES (?, ?) ON CONFLICT DO UPDATE SET families = excluded.families",
                .text(service), .text(JSON.text(sums)))
            try connection.run(
                "DELETE FROM source WHERE service = ? AND instance = ?", .text(service), .text(instance))
        }
    }

    /// What was saved, those that went in the order in which they went.
    public func load() async throws -> (members: [Collector.Member], sums: [String: [FamilySnapshot]]) {
        try await database.read { connection in
            let members = try connection.query(
                "SELECT snapshot, slot, gone FROM source ORDER BY changed, service, instance"
            ) { row in
                Collector.Member(
                    snapshot: try row.json(0, "what a source told"), slot: Int(row.int(1)),
                    isGone: row.int(2) == 1)
            }
            var sums: [String: [FamilySnapshot]] = [:]
            try connection.each("SELECT service, families FROM total") { row in
                sums[row.text(0)] = try row.json(1, "the sums of \(row.text(0))")
                return true
            }
            return (members, sums)
        }
    }
}
