import Glibc
import TestSupport
import Testing

/// `millctl expense import`, of the files that banks give out, against the categorizer's own process.
@Suite(
    .heavy,
    .enabled(
        if: RunningCategorizer.isBuilt && Binary.exist("millctl"), "millrace-categorizer and millctl are not built"))
struct ExpenseImportTests {
    /// Writes a file and takes it in; says what was done and how it ended.
    private func take(
        _ categorizer: RunningCategorizer, _ file: String, _ text: String, _ options: String...
    ) async throws -> (result: Tree, status: Ending) {
        if let slash = file.firstIndex(of: "/") { mkdir(categorizer.folder.file(String(file[..<slash])), 0o755) }
        categorizer.folder.write(text, to: file)
        let done = try await TestSupport.run(
            [
                Binary.path("millctl"), "--state", categorizer.folder.path, "expense", "import",
                categorizer.folder.file(file), "--merchant", "text", "--json",
            ] + options)
        return (try Tree(done.output), done.ending)
    }

    private func count(_ categorizer: RunningCategorizer) async throws -> Int {
        try await categorizer.call("expense.list", "{}")["expenses"].elements.count
    }

    @Test func filesOfTwoMonthsWithOneNameAreTwoMonths() async throws {
        try await RunningCategorizer().use { categorizer in
            let january = "text,day,sum\nShell,2026-01-03,40\nNero,2026-01-04,3.50\nNero,2026-01-04,3.50\n"
            let first = try await take(categorizer, "jan/card.csv", january)
            #expect(first.result["imported"].int == 3 && first.status == .exited(0), "two coffees of a day are two")
            let second = try await take(
                categorizer, "feb/card.csv", "text,day,sum\nShell,2026-02-03,40\nNero,2026-01-04,3.50\n")
            #expect(second.result["imported"].int == 1 && second.result["unchanged"].int == 1)
            let again = try await take(categorizer, "jan/card.csv", january, "--amount", "sum", "--date", "day")
            #expect(again.result["updated"].int == 3, "what is told now is added")
            let told = "text,day,sum,kind\nShell,2026-01-03,40,Fuel\n"
            let categorized = try await take(
                categorizer, "jan/card.csv", told, "--category", "kind", "--create-categories")
            #expect(categorized.result["updated"].int == 1 && categorized.result["imported"].int == 0)
            #expect(try await count(categorizer) == 4)
        }
    }

    @Test func oneIDForTwoExpensesIsRefusedWithBothLines() async throws {
        try await RunningCategorizer().use { categorizer in
            let done = try await take(categorizer, "card.csv", "text,id\nShell,e-1\nNero,e-2\nEsso,e-1\n", "--id", "id")
            #expect(done.status == .exited(65) && done.result["imported"].int == 1)
            #expect(done.result["problems"].elements.map { $0["line"].int } == [2, 4])
            #expect(try await count(categorizer) == 1)
        }
    }
}
