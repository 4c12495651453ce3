import Glibc
import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// Files of a database with a checksum on each page: ``ChecksummedFiles``.
@Suite struct PageChecksumTests {
    private static let page = 4096

    private let folder = TemporaryDirectory()
    private var path: String { folder.file("entries.sqlite") }
    private var file: DatabaseFile { DatabaseFile(path) }

    /// Some hundred rows over some twenty pages, and one that takes several pages by itself.
    private func fill() async throws {
        let database = try Database.entries(in: folder)
        for number in 0..<500 { try await database.insert("entry \(number) " + String(repeating: "x", count: 100)) }
        try await database.insert(String(repeating: "long ", count: 5000))
        database.close()
    }

    private func pages() throws -> [[UInt8]] {
        let bytes = try #require(contents(of: path))
        return stride(from: 0, to: bytes.count, by: Self.page).map { Array(bytes[$0..<$0 + Self.page]) }
    }

    private func write(_ pages: [[UInt8]]) throws { try writeFile(Array(pages.joined()), to: path) }

    /// The numbers of the pages whose trailer is not what ``PageTrailer`` promises, as another program than ours reckons.
    private func wrongPages(of path: String) async throws -> String {
        let script = """
            import struct, sys
            data = open(sys.argv[1], "rb").read()
            assert data[20] == 12, data[20]
            for number in range(1, len(data) // 4096 + 1):
                page = data[(number - 1) * 4096:number * 4096]
                if not any(page): continue
                first = second = 0
                for a, b in struct.iter_unpack("<II", page[:-8]):
                    first = first + a + second & 0xffffffff
                    second = second + b + first & 0xffffffff
                if struct.unpack("<III", page[-12:]) != (number, first, second): print(number)
            """
        return try await check(["python3", "-c", script, path])
    }

    @Test func everyPageHasItsNumberAndAChecksumAndSoHaveThoseOfABackup() async throws {
        try await fill()
        let count = try pages().count
        #expect(count > 20)
        #expect(try await wrongPages(of: path) == "")
        #expect(try file.hasChecksums())
        #expect(try file.problems() == [])

        let copy = folder.file("copy.sqlite")
        try DatabaseFile.copy([(file, copy)])
        #expect(try #require(contents(of: copy)).count == count * Self.page)
        #expect(try await wrongPages(of: copy) == "")
    }

    @Test func aBackupLargerThanTheCacheHasThemToo() async throws {
        let database = try Database.entries(in: folder)
        try await database.write { db in
            for number in 0..<400 { try db.insert("\(number) " + String(repeating: "much ", count: 4000)) }
        }
        database.close()
        let copy = folder.file("copy.sqlite")
        try DatabaseFile.copy([(file, copy)])
        #expect(try #require(contents(of: copy)).count > 4 << 20)
        #expect(try await wrongPages(of: path) == "")
        #expect(try await wrongPages(of: copy) == "")
    }

    @Test func aFlippedBitIsNoticedOnEveryPageAndThePageIsNamed() async throws {
        try await fill()
        let whole = try pages()
        var random = SeededGenerator(seed: 6)
        for number in whole.indices {
            for place in [Int.random(in: 100..<Self.page, using: &random), Self.page - 9, Self.page - 1] {
                var damaged = whole
                damaged[number][place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                try write(damaged)
                let problems = try file.problems()
                #expect(problems.contains { $0.contains("page \(number + 1) ") }, "\(number + 1): \(problems)")
            }
        }
    }

    /// One of them says that pages have checksums, and others how long pages are.
    @Test func aFlippedBitIsNoticedAnywhereInTheHeader() async throws {
        try await fill()
        let whole = try #require(contents(of: path))
        var unseen: [String] = []
        for bit in 0..<800 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            try writeFile(damaged, to: path)
            if try file.problems().isEmpty { unseen.append("bit \(bit % 8) of byte \(bit / 8)") }
        }
        #expect(unseen == [])
    }

    /// Of what is not there SQLite reads zeros, which may be part of a text.
    @Test(arguments: [1, 36, 2048, 4095]) func aFileThatIsCutShortInsideItsLastPageIsNoticed(missing: Int) async throws
    {
        let database = try Database.entries(in: folder)
        try await database.insert(String(repeating: "long ", count: 5000))
        database.close()
        let whole = try #require(contents(of: path))
        try writeFile(Array(whole.dropLast(missing)), to: path)
        let last = "page \(whole.count / Self.page) "
        #expect(try file.problems().contains { $0.contains(last) })
        let error = #expect(throws: StoreError.self) { try DatabaseFile.copy([(file, folder.file("copy.sqlite"))]) }
        #expect(error?.kind == .corrupt)
        #expect(throws: StoreError.self) { try file.takeAsFound(within: nil) }
        #expect(contents(of: folder.file("copy.sqlite")) == nil)
    }

    @Test func whoReadsOrWritesAPageWithAFlippedBitIsTold() async throws {
        try await fill()
        var damaged = try pages()
        // In the table and in its index.
        let row = Array("entry 250 ".utf8)
        let places = damaged.indices.compactMap { number in damaged[number].firstRange(of: row).map { (number, $0) } }
        #expect(places.count == 2)
        for (number, range) in places { damaged[number][range.lowerBound] ^= 1 }
        let names = places.map { "page \($0.0 + 1) is not as it was written" }
        try write(damaged)
        let heard = Locked<[StoreError]>([])
        let database = try Database.entries(in: folder) {
            $0.onLoss = { error in heard.withLock { $0.append(error) } }
        }
        let read = await #expect(throws: StoreError.self) { try await database.names() }
        let written = await #expect(throws: StoreError.self) {
            try await database.write { try $0.run("UPDATE entry SET size = 1") }
        }
        for error in [read, written] {
            #expect(error?.kind == .corrupt)
            #expect(names.contains { error?.message.hasPrefix($0) == true }, "\(error as Any)")
        }
        #expect(heard.withLock { $0.map(\.file) } == [path, path])
        database.close()
    }

    @Test func pagesThatChangedPlacesAndOnesThatAreNothingButZerosAreNoticed() async throws {
        try await fill()
        let whole = try pages()
        // Of the long text, whose pages are text to SQLite whatever is in them.
        let texts = whole.indices.filter { whole[$0].firstRange(of: Array("ng long long lo".utf8)) != nil }
        let (first, second) = (try #require(texts.first), try #require(texts.last))
        #expect(second > first + 1)
        var swapped = whole
        swapped.swapAt(first, second)
        try write(swapped)
        #expect(try file.problems() != [])
        var emptied = whole
        emptied[second] = [UInt8](repeating: 0, count: Self.page)
        try write(emptied)
        #expect(try file.problems() != [])
        // A copy does not make it good.
        let copy = folder.file("copy.sqlite")
        try DatabaseFile.copy([(file, copy)])
        #expect(try DatabaseFile(copy).problems() != [])
    }

    @Test(arguments: ["id > 10", "length(name) > 1000", "id > 400 AND id % 3 > 0", "id % 9 > 0"])
    func freePagesMayBeEmpty(gone: String) async throws {
        try await fill()
        let database = try Database.entries(in: folder)
        try await database.write { try $0.run("DELETE FROM entry WHERE \(gone)") }
        database.close()
        #expect(try file.size().free > 0)
        #expect(try file.problems() == [])
        try DatabaseFile.copy([(file, folder.file("copy.sqlite"))])
        #expect(try DatabaseFile(folder.file("copy.sqlite")).problems() == [])
        try file.vacuum(within: nil)
        #expect(try await wrongPages(of: path) == "")
    }

    @Test func aProgramWithoutChecksumsMayReadAndCopyTheLogBack() async throws {
        try await fill()
        let database = try Database.entries(in: folder)
        try await database.write { try $0.run("UPDATE entry SET size = id") }
        try await database.insert("another")
        // As after a kill: with a log that nobody has copied back.
        let left = folder.file("left.sqlite")
        for suffix in ["", "-wal"] { try writeFile(try #require(contents(of: path + suffix)), to: left + suffix) }
        database.close()
        #expect(try await check(["sqlite3", left, "SELECT sum(size = id) FROM entry"]) == "501\n")
        #expect(contents(of: left + "-wal") == nil, "sqlite3 has copied it back")
        #expect(try DatabaseFile(left).problems() == [])
        let without = try await wrongPages(of: left).split(separator: "\n").count
        #expect(without > 0, "and its pages have no checksums")
        #expect(try DatabaseFile(left).pagesWithoutChecksum() == without)
        #expect(try DatabaseFile(left).vacuum(within: nil), "all have since then")
        #expect(try await wrongPages(of: left) == "")
        #expect(try DatabaseFile(left).pagesWithoutChecksum() == 0)
        // All of them, in one go.
        try await check(["sqlite3", left, "VACUUM"])
        #expect(try DatabaseFile(left).pagesWithoutChecksum() > 20)
    }

    @Test func whatAnotherProgramHasChangedIsRefusedUntilAPersonTakesIt() async throws {
        try await fill()
        #expect(try file.takeAsFound(within: nil) == false)
        try await check(["sqlite3", path, "UPDATE entry SET size = 7 WHERE id = 250"])
        #expect(try file.problems().contains { $0.contains("changed by another program") })
        #expect(try file.takeAsFound(within: nil))
        #expect(try file.problems() == [])
        #expect(try await wrongPages(of: path) == "")
        #expect(try await check(["sqlite3", "-readonly", path, "SELECT id FROM entry WHERE size = 7"]) == "250\n")
    }

    @Test func whatIsBrokenIsNotTaken() async throws {
        try await fill()
        var damaged = try pages()
        damaged[5].replaceSubrange(0..<200, with: [UInt8](repeating: 0xa5, count: 200))
        try write(damaged)
        let error = #expect(throws: StoreError.self) { try file.takeAsFound(within: nil) }
        #expect(error?.kind == .corrupt)
        #expect(try pages() == damaged)
    }

    @Test func aFileFromBeforeThereWereChecksumsIsUsedAsItIsAndAVacuumGivesThem() async throws {
        try await check([
            "sqlite3", path, "PRAGMA journal_mode = WAL; \(entrySchema[0].sql); PRAGMA user_version = 1",
        ])
        let database = try Database.entries(in: folder)
        for number in 0..<300 { try await database.insert("entry \(number) " + String(repeating: "x", count: 100)) }
        #expect(try await database.names().count == 300)
        #expect(try !file.hasChecksums())
        try file.vacuum(within: .seconds(2))
        #expect(try !file.hasChecksums(), "it was open")
        try await database.insert("one more")
        try await database.write { db in for number in 0..<20_000 { try db.insert("row \(number)") } }
        database.close()

        let error = #expect(throws: StoreError.self) { try file.vacuum(within: .zero) }
        #expect(error?.kind == .interrupted)
        #expect(try await check(["sqlite3", "-readonly", path, "PRAGMA journal_mode"]) == "wal\n")
        #expect(try !file.hasChecksums())
        #expect(try file.vacuum(within: nil))
        #expect(try file.hasChecksums())
        #expect(try await wrongPages(of: path) == "")
        let again = try Database.entries(in: folder)
        try await again.insert("and another")
        #expect(try await again.names().count == 20_302)
        again.close()
        #expect(try await wrongPages(of: path) == "")
    }

    /// Whenever it is interrupted: none of the pages has a checksum, or all of them. The file is larger than SQLite's cache, so
    /// pages are written before the first one.
    @Test func aConversionThatTakesTooLongChangesNothing() async throws {
        let old = folder.file("old.sqlite")
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        try await check([
            "sqlite3", old,
            "PRAGMA journal_mode = WAL; \(entrySchema[0].sql); PRAGMA user_version = 1;"
                + "\(rows) INSERT INTO entry (name) SELECT i || hex(randomblob(120)) FROM n",
        ])
        let bytes = try #require(contents(of: old))
        #expect(bytes.count > 4 << 20)
        var outcomes: Set<Bool> = []
        for limit in sequence(first: Duration.milliseconds(1), next: { $0 * 1.4 }).prefix(28) {
            try writeFile(bytes, to: path)
            do throws(StoreError) {
                #expect(try file.vacuum(within: limit))
                outcomes.insert(true)
            } catch {
                #expect(error.kind == .interrupted)
                outcomes.insert(false)
            }
            let has = try file.hasChecksums()
            #expect(try !has || file.pagesWithoutChecksum() == 0, "\(limit)")
            if has { break }
            #expect(try #require(contents(of: path)).count == bytes.count)
        }
        #expect(outcomes == [true, false])
        #expect(try await wrongPages(of: path) == "")
        #expect(try await check(["sqlite3", "-readonly", path, "SELECT count(*) FROM entry"]) == "20000\n")
    }

    /// A list of one free page is that page, with nothing on it.
    @Test func aSingleFreePageIsEmpty() async throws {
        try await fill()
        let database = try Database.entries(in: folder)
        try await database.write { db in
            try db.execute("CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT")
            try db.execute("DROP TABLE other")
        }
        database.close()
        #expect(try file.size().free == 4096)
        #expect(try pages().contains { $0.allSatisfy { $0 == 0 } })
        #expect(try file.problems() == [])
        let again = try Database.entries(in: folder)
        try await again.write { try $0.execute("CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT") }
        again.close()
        #expect(try file.size().free == 0)
        #expect(try await wrongPages(of: path) == "")
    }

    /// The second opener knows nothing of the first page but what is in the log.
    @Test func anotherConnectionThatOpenedTheFileWhileItWasEmptyKeepsThemToo() async throws {
        try writeFile([], to: path)
        let early = try Connection(path: path, flags: 2)
        try early.setUp(DatabaseOptions())
        try await fill()
        let late = try Database.entries(in: folder)
        defer { late.close() }
        try early.run("UPDATE entry SET size = 3")
        #expect(try early.checkpoint(waitingForReaders: .seconds(1), givingRoomBack: true))
        #expect(try await wrongPages(of: path) == "")
    }
}
