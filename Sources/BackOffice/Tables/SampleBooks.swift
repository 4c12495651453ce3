/// A month of invented timesheets: 20 contractors, 60 projects, three for each contractor.
///
/// Most entries are Reviewed; a few are not yet, and one has no project, as happens. Every contractor has reviewed hours
/// on each of his projects, so that the month makes 20 orders of three lines each.
public enum SampleBooks {
    public static let contractors = [
        "ada.marlow", "bram.okoye", "celia.fonn", "dario.quist", "edda.lindqvar", "farid.tolan", "greta.amsel",
        "hugo.vantier", "ines.corvalo", "jonas.breck", "kaia.sundby", "leo.varga", "mira.holt", "nils.arden",
        "odile.renn", "pavel.drozna", "quinn.harrow", "rosa.delmar", "sven.ohlin", "tara.winslow",
    ]

    /// Three for the contractor at `index`, which nobody else has.
    public static func projects(of index: Int) -> [String] {
        let count = clients.count
        return [
            clients[index % count] + "-portal", clients[(index + 7) % count] + "-ledger",
            clients[(index + 13) % count] + "-fleet",
        ]
    }

    /// CSV in the columns that an import of timesheets looks for. The same month gives the same bytes.
    public static func timesheetsCSV(month: Month) -> [UInt8] {
        var random = SplitMix(seed: UInt64(month.year * 12 + month.month))
        let days = (month.firstDay.day...month.lastDay.day)
            .compactMap { Day(year: month.year, month: month.month, day: $0) }.filter { !$0.isWeekend }
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status", "text"])
        var number = 0
        func add(_ contractor: String, _ project: String, _ status: TimesheetEntry.Status) {
            number += 1
            let day = days[random.below(days.count)]
            let quarters = 2 + random.below(30)
            let hours = Hours(coefficient: Int128(quarters * 25), scale: 2)
            csv.record([
                "\(month.compact)-\(Digits.padded(number, 4))", day.description, contractor, project,
                hours.description, status.rawValue, texts[random.below(texts.count)],
            ])
        }
        for (index, contractor) in contractors.enumerated() {
            for project in projects(of: index) {
                for _ in 0..<(3 + random.below(4)) { add(contractor, project, .reviewed) }
            }
            // What a month looks like before everybody has looked at everything.
            if index % 4 == 1 { add(contractor, projects(of: index)[0], .draft) }
            if index % 6 == 2 { add(contractor, projects(of: index)[1], .pendingFeedback) }
            if index == 9 { add(contractor, "", .reviewed) }
        }
        return csv.bytes
    }

    static let clients = [
        "alderway", "birchgate", "copperline", "dunmoor", "eastquay", "fernhollow", "glasswright", "harrowfell",
        "inkstone", "junewell", "kestrelbay", "lowmarch", "mossbank", "northlock", "oakenspan", "pinderby",
        "quarrymere", "rushford", "saltreach", "thornbury-mill",
    ]

    private static let texts = [
        "Sign-in with one-time codes, tests included", "Invoice export as CSV", "Faster search in the catalogue",
        "Migration of the archive to the new storage", "Error page that says what to do",
        "Review of the payment flow, \"happy path\" and refunds", "Weekly report, now by e-mail",
        "Access rules for guests", "Map of deliveries with live positions", "Import of supplier price lists",
        "Accessibility: keyboard, contrast, labels", "Backup restored and timed", "Workshop with the warehouse team",
        "Design of the settings pages", "Load test: 400 orders a minute", "Bug fixes from the June audit",
        "Documentation for the public interface", "Reminders before a contract ends",
        "Rounding of VAT as the auditors asked", "Support rota", "Pairing on the booking calendar",
        "Clean-up of dead feature flags", "Translation of the checkout", "Alarm when the queue grows", "",
    ]
}

/// The generator of Steele, Lea and Flood; the same seed gives the same numbers everywhere.
private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
