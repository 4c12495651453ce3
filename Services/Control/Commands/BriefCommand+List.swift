import ArgumentParser
import BackOffice
import Calendars
import JSONCodec
import Linux

extension BriefCommand {
    /// `millctl brief list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists who gets a brief when, and how far the latest is.",
            discussion: "Who of them would get one within the hour, and who not and why: millctl brief plan --dry-run")

        @OptionGroup var global: GlobalOptions
        @Option(help: "Only people who come after this one.") var after: String?
        @Option(help: "How many.", transform: OptionValue.integer(1...1000)) var limit = 100

        func run() async throws {
            let (after, limit) = (after ?? "", limit)
            let (people, total) = try await BooksPlace(global.place).use(global.place) { books in
                (try await books.briefPeople(after: after, limit: limit), try await books.countOfBriefPeople())
            }
            let rows = people.map { BriefRow($0, now: Instant(SystemTime().wall())) }
            if global.json { return JSONOutput.document(BriefRow.List(people: rows, total: total)) }
            guard !rows.isEmpty else {
                return Output.line(
                    total == 0 ? "nobody has said when; see `millctl brief import --help`" : "nobody more")
            }
            Output.lines(BriefRow.table(rows).lines(for: global.terminal))
            if rows.count < total, rows.count == limit, let last = people.last {
                Output.line("\(total) in all; more with --after \(last.preference.person)")
            }
        }
    }
}

/// A person in a list.
struct BriefRow: JSONEncodable {
    struct List: JSONEncodable {
        var people: [BriefRow]
        var total: Int

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("people", people)
                $0.member("total", total)
            }
        }
    }

    let person: BriefPerson
    /// Nil where none comes, or nobody can tell.
    let next: Instant?
    /// What is wrong with the preference, or keeps the next from being told.
    let problems: [String]

    init(_ person: BriefPerson, now: Instant, zones: ZoneDatabase = .system) {
        self.person = person
        let preference = person.preference
        do throws(BriefZoneError) {
            next = try preference.isActive ? preference.nextRun(atOrAfter: now, zones: zones) : nil
            problems = preference.problems
        } catch {
            next = nil
            problems = ["\(error)"]
        }
    }

    static func table(_ rows: [BriefRow]) -> Table {
        var table = Table([
            .text("Person", shrinksTo: 12), .text("When"), .text("Zone", leaves: 2), .text("Next", shrinksTo: 12),
            .text("By mail", leaves: 3), .text("Latest", optional: true, leaves: 4),
            .text("State", shrinksTo: 12, optional: true), .text("Mail", shrinksTo: 12, optional: true, leaves: 1),
        ])
        for row in rows {
            let (preference, latest) = (row.person.preference, row.person.latest)
            let state = [latest?.status, latest?.error].compactMap(\.self).joined(separator: ": ")
            table.add([
                Table.Cell(preference.person), Table.Cell(row.when, preference.isActive ? .plain : .quiet),
                Table.Cell(preference.zone ?? BriefPreference.defaults.zone), row.nextCell, Table.Cell(row.byMail),
                Table.Cell(latest?.day.description ?? ""),
                Table.Cell(state, latest?.status == "failed" ? .bad : .plain),
                Table.Cell(latest?.mail?.text ?? "", latest?.mail?.error == nil ? .plain : .bad),
            ])
        }
        return table
    }

    /// "daily 09:00", "weekly Mon 07:30", "off"
    private var when: String {
        let preference = person.preference
        guard preference.isActive else { return "off" }
        let frequency = preference.frequency ?? BriefPreference.defaults.frequency.rawValue
        let time = preference.timeOfDay ?? BriefPreference.defaults.timeOfDay
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let day = preference.dayOfWeek ?? BriefPreference.defaults.dayOfWeek
        let isWeekly = frequency == BriefPreference.Frequency.weekly.rawValue && days.indices.contains(day)
        let short = time.hasSuffix(":00") && time.split(separator: ":").count == 3 ? String(time.dropLast(3)) : time
        return [frequency, isWeekly ? days[day] : nil, short].compactMap(\.self).joined(separator: " ")
    }

    private var nextCell: Table.Cell {
        if let next { return Table.Cell(next.timestamp.short) }
        guard person.preference.isActive else { return "" }
        let isWrong = !person.preference.problems.isEmpty
        return Table.Cell((isWrong ? "never: " : "not known: ") + problems.joined(separator: "; "), .bad)
    }

    private var byMail: String {
        guard person.preference.wantsMail else { return "no" }
        return person.hasAddress ? "yes" : "no address"
    }

    func encode(to json: inout JSONWriter) {
        let preference = person.preference
        json.object {
            $0.member("user", preference.person)
            $0.member("active", preference.isActive)
            $0.member("frequency", preference.frequency ?? BriefPreference.defaults.frequency.rawValue)
            $0.member("timeOfDay", preference.timeOfDay ?? BriefPreference.defaults.timeOfDay)
            $0.member("timezone", preference.zone ?? BriefPreference.defaults.zone)
            $0.member("dayOfWeek", preference.dayOfWeek ?? BriefPreference.defaults.dayOfWeek)
            $0.member("byMail", preference.wantsMail)
            $0.member("hasAddress", person.hasAddress)
            $0.member("next", ifPresent: next?.timestamp)
            $0.member("problems", problems)
            if let latest = person.latest {
                $0.member("latest") { json in
                    json.object {
                        $0.member("date", latest.day.description)
                        $0.member("status", latest.status)
                        $0.member("error", ifPresent: latest.error)
                        $0.member("mail", ifPresent: latest.mail)
                    }
                }
            }
        }
    }
}
