import Glibc
import Linux
import TestSupport
import Testing

/// What the package's last script does with the books when the package is purged, in a folder that stands for the machine.
struct PurgeTests {
    private let folder = TemporaryDirectory()

    /// Purges a machine that has these files in `/var/lib/millrace`; returns what was put aside.
    private func purge(_ files: [String]) async throws -> [String] {
        for path in files {
            try await check(["mkdir", "-p", Files.parent(folder.file("var/lib/millrace/\(path)"))])
            folder.write(path, to: "var/lib/millrace/\(path)")
        }
        try await check(["mkdir", "-p", folder.file("var/backups"), folder.file("etc/millrace")])
        var script = try #require(text(of: packageRoot + "/debian/millrace.postrm"))
        for place in ["/var/lib/millrace", "/var/backups", "/run/millrace", "/etc/millrace"] {
            #expect(script.contains(place))
            script = script.split(separator: place, omittingEmptySubsequences: false)
                .joined(separator: folder.file(String(place.dropFirst())))
        }
        try await check(["sh", folder.write(script, to: "postrm"), "purge"])
        #expect(!Files.exists(folder.file("var/lib/millrace")))
        let aside = try Files.list(folder.file("var/backups"))
        guard let name = aside.first else { return [] }
        #expect(aside.count == 1)
        let kept = try await check(["find", folder.file("var/backups/\(name)"), "-type", "f", "-printf", "%P\n"])
        return kept.split(separator: "\n").map(String.init).sorted()
    }

    @Test(arguments: [
        ["books.sqlite"], ["books.sqlite", "books.sqlite-wal"], ["books.sqlite", "books.sqlite-journal"],
    ])
    func theBooksAreKeptWithTheirLogs(files: [String]) async throws {
        #expect(try await purge(files + ["runner.sqlite", "runner.sqlite-wal"]) == files)
    }

    /// The moment at which there is no file under the name of the books.
    @Test func theBooksOfARestoreThatWasBrokenOffAreKept() async throws {
        let books = ["before-restore-1/books.sqlite", "before-restore-1/books.sqlite-wal", "books.sqlite.restored"]
        let others = ["restore-unfinished.json", "before-restore-1/runner.sqlite", "runner.sqlite.restored"]
        #expect(try await purge(books + others) == books)
    }

    @Test func whereThereWereNoneNothingIsPutAside() async throws {
        #expect(try await purge(["runner.sqlite"]) == [])
    }
}
