import Linux

/// A figure beside what became of it.
struct Claim {
    /// What is counted or timed.
    var what: String
    /// What the description says.
    var claimed: String
    /// What the system before this one asks for, counted here over the same records.
    var original: String
    /// What the books of SQLite are really asked, statement by statement.
    var measured: String
    /// What the simulated Notion is really asked.
    var notion = "–"
}

struct ClaimsTable {
    var title: String
    var intro: String
    /// The names of the measured columns; Notion's is left out where nobody asked it.
    var columns: (original: String, measured: String)
    var claims: [Claim]
    var notes: [String] = []
}

struct ClaimsDocument {
    var tables: [ClaimsTable] = []

    var text: String {
        var lines = [
            "# Claims: what was said of the systems before this one, and what is measured here", "",
            "Written by `make claims` on \(SystemTime().wall().description.prefix(10)), from runs over real SQLite files.",
            "",
            """
            *Original, modelled* runs today's rules, with every request the earlier system made counted and delayed as that \
            system made it (`MeteredBooks`, `MeteredPayoutBooks`, `MeteredBriefBooks`): its page reads and its read-modify-write too. *SQLite \
            books* are the statements that SQLite itself reports as run (`StatementCounter`), none left out but `BEGIN` \
            and `COMMIT`. *Notion* are the HTTP requests that the simulated service answered; what looks its tables up \
            once a process is left out.
            """,
        ]
        for table in tables {
            lines += ["", "## \(table.title)", "", table.intro, ""]
            let hasNotion = table.claims.contains { $0.notion != "–" }
            var rows = [["figure", "claimed", table.columns.original, table.columns.measured]]
            rows.append(Array(repeating: "---", count: 4))
            rows += table.claims.map { [$0.what, $0.claimed, $0.original, $0.measured] }
            if hasNotion {
                let column = ["Millrace, Notion (simulator)", "---"] + table.claims.map(\.notion)
                rows = zip(rows, column).map { $0 + [$1] }
            }
            lines += rows.map { "| \($0.joined(separator: " | ")) |" }
            if !table.notes.isEmpty { lines += [""] + table.notes.map { "* \($0)" } }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
