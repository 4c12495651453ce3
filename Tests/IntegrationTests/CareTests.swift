import Glibc
import Linux
import MillraceStore
import TestSupport
import Testing

/// Backup, restore, check, vacuum, doctor and the report for support, on a running suite.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct CareTests {
    private static let tick = "kinds: [{ name: tick, command: [/bin/true] }]\n"

    private func declare(_ suite: RunningSuite) async throws {
        try await check(["mkdir", "-p", suite.state + "/etc/kinds.d"])
        suite.folder.write(Self.tick, to: "state/etc/kinds.d/tick.yaml")
        _ = try await suite.call("service.reload")
        try await eventually("the kind is known") { try await suite.check("kind", "list").contains("tick") }
    }

    @Test func aBackupOfARunningSuiteBringsADamagedOneBack() async throws {
        try await RunningSuite.run { suite in
            try await declare(suite)
            try await suite.importMonth(SampleMonth("2026-10"))
            for _ in 0..<20 { try await suite.check("job", "submit", "tick", "--wait") }
            let backup = suite.folder.file("backup")
            let report = try Tree(try await suite.check("backup", backup, "--json"))
            #expect(report["databases"][0]["name"].string == "runner")
            #expect(try await suite.check("check").contains("sound"))
            #expect(try await suite.check("check", "--backup", backup).contains("books"))
            try await suite.check("backup", backup, status: 73)
            try await suite.check("restore", backup, status: 75)

            try await suite.down()
            let runner = suite.state + "/data/runner.sqlite"
            // Pages of zeros in the middle: of the first one the file would be no database at all.
            try await check(["dd", "if=/dev/zero", "of=" + runner, "bs=4096", "seek=2", "count=6", "conv=notrunc"])
            let verdict = try Tree(try await suite.check("check", "--json", status: 65))
            #expect(verdict[0]["name"].string == "runner")
            #expect(verdict[0]["problems"][0].string != nil)

            let said = try await suite.check("restore", backup)
            #expect(said.contains("kept in \(suite.state)/data/before-restore-"))
            #expect(try await suite.check("check").contains("sound"))
            try await suite.up()
            #expect(try await suite.call("job.list")["jobs"][19]["state"].string == "succeeded")
            #expect(try await suite.call("job.list")["jobs"][20]["state"].string == nil)
        }
    }

    @Test func aDatabaseFromTheFutureIsRefusedByAllWhoMeetIt() async throws {
        try await RunningSuite.run { suite in
            let backup = suite.folder.file("backup")
            try await suite.check("backup", backup)
            try await suite.down()
            let now = try await check(["sqlite3", backup + "/runner.sqlite", "PRAGMA user_version"])
            for path in [suite.state + "/data/runner.sqlite", backup + "/runner.sqlite"] {
                try await setVersion("99", of: path)
            }
            #expect(try await suite.check("check", status: 65).contains("newer release: schema 99"))
            let restore = try await suite.millctl("restore", backup)
            #expect(restore.status == 65)
            #expect(restore.errors.contains("nothing was changed") && restore.errors.contains("schema 99"))
            let up = try await suite.millctl("up", "--detach")
            #expect(!up.succeeded)
            #expect((up.errors + suite.log).contains("schema version 99"))
            try await setVersion(now, of: suite.state + "/data/runner.sqlite")
            try await suite.up()
        }
    }

    /// As a release of ours would: `sqlite3` leaves the checksum of the first page as it was, so that is taken off.
    private func setVersion(_ version: String, of path: String) async throws {
        try await check(["sqlite3", path, "PRAGMA user_version = " + version])
        var bytes = try #require(contents(of: path))
        bytes.replaceSubrange(4084..<4096, with: [UInt8](repeating: 0, count: 12))
        try writeFile(bytes, to: path)
    }

    @Test func aDatabaseThatAnotherProgramHasChangedIsRefusedUntilAPersonTakesIt() async throws {
        try await RunningSuite.run { suite in
            try await declare(suite)
            let submitted = try await suite.check("job", "submit", "tick", "--params", "{\"name\":\"a\"}", "--wait")
            #expect(submitted.contains("succeeded"))
            try await suite.down()
            let path = suite.state + "/data/runner.sqlite"
            let version = try await check(["sqlite3", path, "PRAGMA user_version"])
            try await check(["sqlite3", path, "PRAGMA user_version = 99"])
            let now = try Tree(try await suite.check("check", "--json", status: 65))
            #expect(now[0]["problems"][0].string?.contains("page 1 is not as it was written") == true)
            let up = try await suite.millctl("up", "--detach")
            #expect(!up.succeeded && (up.errors + suite.log).contains("changed by another program"))

            try await check(["sqlite3", path, "PRAGMA user_version = " + version])
            #expect(try await suite.check("vacuum", "--as-found").contains("taken as found"))
            #expect(try await suite.check("vacuum", "--as-found").contains("nobody has changed it"))
            #expect(try Tree(try await suite.check("check", "--json"))[0]["checksums"].bool == true)
            try await suite.up()
            #expect(try await suite.call("job.list")["jobs"][0]["state"].string == "succeeded")
        }
    }

    /// The disk is full for the larger ones: a limit on the size of files looks the same.
    @Test func aRestoreThatFailsInTheMiddleChangesNothing() async throws {
        try await RunningSuite.run { suite in
            try await declare(suite)
            try await suite.importMonth(SampleMonth("2026-10", contractors: 100))
            let backup = suite.folder.file("backup")
            try await suite.check("backup", backup)
            try await suite.check("job", "submit", "tick", "--wait")
            try await suite.down()
            let before = try await check(["sh", "-c", "cd \"$0\" && sha256sum *.sqlite", suite.state + "/data"])
            let limited = "ulimit -f 255; exec \"$0\" restore \"$1\""
            let finished = try await TestSupport.run(
                ["sh", "-c", limited, Binary.path("millctl"), backup], environment: ["MILLRACE_STATE": suite.state])
            #expect(!finished.succeeded, "\(finished)")
            #expect(try await check(["sh", "-c", "cd \"$0\" && sha256sum *.sqlite", suite.state + "/data"]) == before)
            try await suite.up()
            #expect(try await suite.call("job.list")["jobs"][0]["state"].string == "succeeded")
        }
    }

    @Test func aRestoreThatWasBrokenOffIsNotPassedByAndThenFinished() async throws {
        try await RunningSuite.run { suite in
            try await declare(suite)
            let backup = suite.folder.file("backup")
            try await suite.check("backup", backup)
            try await suite.check("job", "submit", "tick", "--wait")
            try await suite.down()
            let names = try Files.list(backup).filter { $0.hasSuffix(".sqlite") }
            _ = try Replacement.prepare(
                names.map { (DatabaseFile("\(backup)/\($0)"), DatabaseFile("\(suite.state)/data/\($0)")) },
                keepingIn: "before-restore-1")

            let up = try await suite.millctl("up", "--detach")
            #expect(!up.succeeded && (up.errors + suite.log).contains("a restore was broken off"), "\(up)")
            let doctor = try await suite.check("doctor", status: 69)
            #expect(doctor.contains("restore: was broken off") && doctor.contains("millctl restore --state"))
            #expect(try await suite.check("check", status: 65).contains("a restore was broken off"))
            try await suite.check("backup", suite.folder.file("other"), status: 78)

            let said = try await suite.check("restore")
            #expect(said.contains("is finished") && said.contains("kept in \(suite.state)/data/before-restore-1"))
            try await suite.check("restore", status: 64)
            try await suite.up()
            #expect(try await suite.call("job.list")["jobs"][0]["state"].string == nil)
        }
    }

    @Test func anotherDatabaseUnderTheNameIsRefusedByAllWhoMeetIt() async throws {
        try await RunningSuite.run { suite in
            let backup = suite.folder.file("backup")
            try await suite.check("backup", backup)
            try await suite.down()
            for folder in [backup, suite.state + "/data"] {
                try await check(["cp", folder + "/runner.sqlite", suite.folder.file("runner.sqlite")])
                try await check(["cp", folder + "/categorizer.sqlite", folder + "/runner.sqlite"])
            }
            let restore = try await suite.millctl("restore", backup)
            #expect(restore.status == 65)
            #expect(restore.errors.contains("runner: is the database of categorizer"))
            #expect(
                try await suite.check("check", "--backup", backup, status: 65).contains(
                    "is the database of categorizer"))
            let up = try await suite.millctl("up", "--detach")
            #expect(!up.succeeded && (up.errors + suite.log).contains("another database than the one"), "\(up)")
            try await check(["cp", suite.folder.file("runner.sqlite"), suite.state + "/data/runner.sqlite"])
            try await suite.up()
        }
    }

    @Test func booksElsewhereAreFoundByWhoeverIsAskedAfterwards() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("somebody/books.sqlite")
        try Files.makeDirectory(folder.file("somebody"))
        try await RunningSuite.run(environment: ["MILLRACE_BOOKS": path]) { suite in
            try await suite.importMonth(SampleMonth("2026-10"))
            let backup = suite.folder.file("backup")
            let taken = try await suite.millctl("backup", backup, environment: ["MILLRACE_BOOKS": nil])
            #expect(taken.succeeded && taken.output.contains("books") && taken.errors.isEmpty, "\(taken)")
            chmod(path, 0o644)
            let report = try await suite.check("support", environment: ["MILLRACE_BOOKS": nil])
            #expect(report.contains("file of books") && !report.contains("somebody"))
            try await suite.down()
            // Without its name in the environment, and another time without the suite's word for it.
            let restored = try await suite.check("restore", backup, environment: ["MILLRACE_BOOKS": nil])
            #expect(restored.contains("kept in \(folder.path)/somebody/before-restore-"))
            try Files.remove(suite.state + "/data/books.variables")
            let without = try await suite.millctl(
                "backup", suite.folder.file("other"), environment: ["MILLRACE_BOOKS": nil])
            #expect(without.succeeded && without.errors.contains("no books are in the backup"), "\(without)")
            try await suite.up()
        }
    }

    @Test func booksThatAreGoneAreMissedByAllWhoLookAfterThem() async throws {
        try await RunningSuite.run { suite in
            try await suite.importMonth(SampleMonth("2026-10"))
            let backup = suite.folder.file("backup")
            try await suite.check("backup", backup)
            try await suite.down()
            for file in ["books.sqlite", "books.sqlite-wal", "books.sqlite-shm"] {
                try await check(["rm", "-f", "\(suite.state)/data/\(file)"])
            }
            let said = "is not there, but it was"
            #expect(try await suite.check("check", status: 65).contains(said))
            #expect(try await suite.check("doctor", status: 69).contains(said))
            let other = try await suite.millctl("backup", suite.folder.file("other"))
            #expect(other.status == 74 && other.errors.contains(said), "\(other)")
            let payout = try await suite.millctl("books", "show", "orders", "--month", "2026-10")
            #expect(payout.status == 73 && payout.errors.contains(said), "\(payout)")
            try await suite.check("restore", backup)
            #expect(try await suite.check("check").contains("books"))
            try await suite.up()
        }
    }

    /// Books of before there were checksums, whose suite is stopped for it.
    @Test func booksGetTheirChecksumsWithoutALimitWhenTheSuiteIsStopped() async throws {
        try await RunningSuite.run { suite in
            try await suite.importMonth(SampleMonth("2026-10"))
            try await suite.down()
            let old = suite.folder.file("old.sqlite")
            try await check(["sh", "-c", "sqlite3 \"$0\" .dump | sqlite3 \"$1\"", suite.books, old])
            let version = try await check(["sqlite3", suite.books, "PRAGMA user_version"])
            // More than two seconds' worth of them.
            let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
            try await check([
                "sqlite3", old,
                "PRAGMA user_version = \(version); CREATE TABLE bulk (text TEXT);"
                    + "\(rows) INSERT INTO bulk SELECT hex(randomblob(15000)) FROM n; PRAGMA journal_mode = WAL",
            ])
            try await check(["mv", old, suite.books])
            let said = try await suite.check("vacuum", "--all", within: .seconds(300))
            #expect(said.contains("its pages have checksums now"), "\(said)")
            let verdicts = try Tree(try await suite.check("check", "--json", within: .seconds(300)))
            #expect(verdicts[4]["name"].string == "books" && verdicts[4]["checksums"].bool == true, "\(verdicts)")
            #expect(verdicts[4]["pagesWithoutChecksum"].int == 0)
        }
    }

    @Test func aVacuumGivesRoomBackWhileTheSuiteRuns() async throws {
        try await RunningSuite.run { suite in
            try await suite.importMonth(SampleMonth("2026-10", contractors: 100))
            let said = try Tree(try await suite.check("vacuum", "--all", "--json"))
            #expect(said[0]["name"].string == "runner")
            #expect(try #require(said[0]["after"].int) <= #require(said[0]["before"].int))
            #expect(said[0]["remark"].string == nil)
            #expect(try await suite.check("check").contains("sound"))
            _ = try await suite.call("service.ping")
        }
    }

    @Test func theDoctorFindsNothingWrongAndThenWhatIsWrong() async throws {
        try await RunningSuite.run { suite in
            #expect(try await suite.check("doctor", "--all").contains("database runner: schema"))

            chmod(suite.state + "/data", 0o755)
            suite.folder.write("[Pool]\nSlots=400\n", to: "state/etc/runner.conf")
            let said = try await suite.check("doctor", status: 69)
            #expect(said.contains("open to everybody") && said.contains("chmod o="))
            #expect(said.contains("settings of runner") && said.contains("runner.conf:2"))
            chmod(suite.state + "/data", 0o750)
            try await check(["rm", suite.state + "/etc/runner.conf"])

            // The next start would fail, though the suite runs.
            try await check(["mkdir", "-p", suite.state + "/etc/kinds.d"])
            suite.folder.write("zzzzzz: 1\n", to: "state/etc/kinds.d/bad.yaml")
            suite.folder.write("[Books]\nBooks=paper\n", to: "state/etc/backoffice.conf")
            let next = try await suite.check("doctor", status: 69).split(separator: "\n")
            let path = suite.state + "/etc"
            let wrong = [
                "runner: \(path)/kinds.d/bad.yaml:1:1: zzzzzz:", "backoffice: \(path)/backoffice.conf:2: Books:",
            ]
            for mistake in wrong { #expect(next.contains { $0.contains("settings of \(mistake)") }, "\(next)") }
            try await check(["rm", suite.state + "/etc/kinds.d/bad.yaml", suite.state + "/etc/backoffice.conf"])

            try await suite.down()
            let down = try await suite.check("doctor", status: 69)
            #expect(down.contains("millctl up --state"))
            try await suite.up()
        }
    }

    /// Nothing that was put in comes out.
    @Test func theReportForSupportHoldsNobodysData() async throws {
        try await RunningSuite.run { suite in
            try await declare(suite)
            let month = SampleMonth("2026-10")
            try await suite.importMonth(month)
            let secret = "\"Zaphod Beeblebrox\""
            try await suite.check(
                "job", "submit", "tick", "--params", "{\"name\":\(secret)}", "--key", "zaphod@example.com", "--wait")
            let report = try await suite.check("support")
            #expect(try Tree(report)["databases"][0]["rows"]["job"].int == 1)
            #expect(try Tree(report)["services"][0]["state"].string == "ready")
            for text in ["Zaphod", "zaphod", suite.state] { #expect(!report.contains(text), "\(text)") }
            let names = month.csv.split(separator: "\n").dropFirst().compactMap { $0.split(separator: ",").first }
            #expect(!names.isEmpty)
            for name in names where name.count > 3 { #expect(!report.contains(name), "\(name)") }
        }
    }
}
