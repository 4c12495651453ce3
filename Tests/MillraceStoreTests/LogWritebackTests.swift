import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// The log goes to the disk while it grows, so that a checkpoint has little to sync.
struct LogWritebackTests {
    private let folder = TemporaryDirectory()
    /// Of a frame in the log.
    private let frame = 4096 + 24

    private func fill(_ database: Database, _ count: Int, _ durability: Durability) async throws {
        for number in 0..<count { try await database.insert("\(durability) \(number)", durability) }
    }

    @Test func allButTheLastOfALogThatIsNotSyncedIsHandedOver() async throws {
        let database = try Database.entries(in: folder) { $0.checkpointPages = 100_000 }
        try await fill(database, 300, .crash)
        let size = try Int(Files.size(folder.file("entries.sqlite-wal")))
        try #require(size >= 300 * frame)
        let handed = database.statistics.logBytesHanded
        #expect(handed <= size)
        #expect(handed > size - (256 << 10) - 16 * frame)
    }

    @Test func whatIsSyncedIsNotHandedOver() async throws {
        let database = try Database.entries(in: folder) { $0.checkpointPages = 100_000 }
        try await fill(database, 200, .disk)
        #expect(database.statistics.logBytesHanded == 0)
    }

    @Test func aLogThatStartsAnewIsHandedOverFromItsStart() async throws {
        let database = try Database.entries(in: folder) { $0.checkpointPages = 200 }
        try await fill(database, 1000, .crash)
        let logs = database.statistics.checkpoints
        try #require(logs >= 5)
        // Three portions of 256 KiB in each log of some 800 KiB.
        #expect(database.statistics.logBytesHanded >= logs * 2 * (256 << 10))
        #expect(database.statistics.logBytesHanded <= logs * 220 * frame + 220 * frame)
    }
}
