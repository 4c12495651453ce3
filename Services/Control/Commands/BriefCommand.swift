import ArgumentParser
import BackOffice
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl brief …`
struct BriefCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brief", abstract: "Daily briefs: who gets one, and what is in it.",
        subcommands: [
            List.self, Plan.self, Show.self, Make.self, Cancel.self, Mail.self, Import.self, Export.self,
        ])

    @OptionGroup var global: GlobalOptions

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Plans the briefs of the next hour, as the hourly schedule does.",
            discussion: "Safe to run again: a brief is one job for each person and day.")

        @OptionGroup var global: GlobalOptions
        @Flag(name: .customLong("dry-run"), help: "Says who would get one and who would not, and queues nothing.")
        var dryRun = false
        @Option(help: "The time to plan from: RFC 3339 or now.", transform: OptionValue.time) var now: Timestamp?

        func run() async throws {
            var members = [JSONMember("dryRun", .bool(dryRun))]
            if let now { members.append(JSONMember("now", .string(now.description))) }
            let specification = JobSpecification(kind: "plan-daily-briefs", params: JSONRaw(JSONValue.object(members)))
            try await JobWaiting.submit(specification, global) { BriefText.plan($0, $1) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a brief: its text, or how far it is.",
            discussion: "For instance: millctl brief show ada 2026-11-21")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var whose: PersonAndDay

        func run() async throws {
            let found = try await whose.brief(of: try await whose.day(global), global)
            if global.json { JSONOutput.document(found) } else { Output.lines(BriefText.brief(found, global.terminal)) }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes users, preferences, projects, tasks, notes and phases into the books.",
            discussion: """
                One JSON document with the lists users, preferences, projects, tasks, notes, phases and phase_tasks; \
                `millctl brief export` shows the form. Nothing is taken in when a record does not fit.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The file; - is standard input.", completion: .file()) var file: String

        func run() async throws {
            let document: JSONValue
            do {
                document = try ParamsSource(option: "the file").read("@\(file)").decode()
            } catch let error as JSONError {
                throw Failure(.dataError, "\(file): \(error)")
            }
            let place = BooksPlace(global.place)
            let report = try await place.use(global.place, creates: true) { books in
                do {
                    return try await books.importBriefRecords(document)
                } catch let fault as SQLiteBooks.BriefRecordFault {
                    throw Failure(.dataError, "\(fault)")
                }
            }
            if global.json { return JSONOutput.document(report) }
            for (sort, count) in report.records {
                let noun = sort.dropLast().map { $0 == "_" ? " " : $0 }
                Output.line(Counted.text(count, String(noun)))
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes what briefs are made of as one JSON document.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let document = try await BooksPlace(global.place).use(global.place) { try await $0.exportBriefRecords() }
            JSONOutput.document(document)
        }
    }
}

extension BooksPlace {
    /// Opens the books for a moment.
    func use<Value: Sendable>(
        _ place: Place, creates: Bool = false, _ body: (SQLiteBooks) async throws -> Value
    ) async throws -> Value {
        let books = try open(place, creates: creates)
        defer { books.close() }
        do {
            return try await body(books)
        } catch {
            throw Failure(books: error, path)
        }
    }
}
