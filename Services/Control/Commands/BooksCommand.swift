import ArgumentParser
import BackOffice
import Glibc
import JSONCodec
import Linux

/// `millctl books …`
struct BooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "books", abstract: "Brings records into the company's books, and shows them.",
        discussion: """
            The books are the SQLite file that $MILLRACE_BOOKS names; with --state, else the one that it named when the suite \
            was started, else DIR/data/books.sqlite; else /var/lib/millrace/books.sqlite. As root this \
            works as the owner of that folder. An import makes the file if there is none, but not where there was one: \
            bring that back. Where the records are in Notion (Books=notion), only clinics and what belongs to them are here.
            """,
        subcommands: [Import.self, Export.self, Show.self, Approve.self, Sample.self])

    @OptionGroup var global: GlobalOptions
}

extension BooksTable: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(rawValue: argument.lowercased())
    }
}

extension TableFormat: ExpressibleByArgument {}

extension TimesheetEntry.Status: ExpressibleByArgument {
    public init?(argument: String) {
        guard let status = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() }) else {
            return nil
        }
        self = status
    }
}

extension BooksCommand {
    /// `millctl books import timesheets FILE --map contractor=person,… --status Reviewed`
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Imports records from CSV or JSON: all of them, or none.",
            discussion: """
                For instance: millctl books import timesheets hours.csv --map contractor=person,hours=person_hours
                Each mistake is told with its line and column. The same file again changes nothing.
                """)

        /// So many mistakes are told; the rest is counted.
        static let shownProblems = 50

        @OptionGroup var global: GlobalOptions
        @Argument(
            help: "What: \(BooksTable.allCases.filter(\.importable).map(\.rawValue).joined(separator: ", ")).",
            completion: .list(BooksTable.allCases.filter(\.importable).map(\.rawValue)),
            transform: OptionValue.importable)
        var kind: BooksTable
        @Argument(help: "The file; - is standard input.", completion: .file()) var file: String
        @Option(help: "Which column holds which field: field=column,field=column.") var map: String?
        @Option(help: "The status of every timesheet entry, whatever the file says.") var status: TimesheetEntry.Status?
        @Flag(name: .customLong("skip-bad"), help: "Leave out records with mistakes instead of refusing the file.")
        var skipBad = false
        @Option(help: "csv or json; else by the file's name.") var format: TableFormat?

        func run() async throws {
            let format = try chosenFormat()
            let mapping: ColumnMapping
            do {
                mapping = try map.map { try ColumnMapping($0, for: kind) } ?? .none
            } catch {
                throw Failure(.usage, "--map: \(error)")
            }
            let bytes = file == "-" ? try Descriptor(dup(STDIN_FILENO)).readToEnd() : try Files.read(file)
            let place = BooksPlace(global.place)
            let books = try place.open(kind, at: global.place, creates: true)
            defer { books.close() }
            do {
                let task = BooksImport(kind, format: format, mapping: mapping, status: status, skipBad: skipBad)
                try show(await task.run(bytes, into: books))
            } catch let refused as ImportRefused {
                throw Self.failure(refused, Self.name(file), skipBad: skipBad)
            } catch {
                throw Failure(books: error, place.path)
            }
        }

        private func chosenFormat() throws(Failure) -> TableFormat {
            if let format = format ?? TableFormat(path: file) { return format }
            if file == "-" { return .csv }
            throw Failure(.usage, "\(file) ends neither in .csv nor in .json: give --format")
        }

        private func show(_ report: ImportReport) throws {
            if global.json {
                JSONOutput.document(report)
                return
            }
            let file = Self.name(file)
            for problem in report.problems.prefix(Self.shownProblems) { Output.error("\(file): \(problem), left out") }
            if report.problems.count > Self.shownProblems {
                Output.error("and \(report.problems.count - Self.shownProblems) more")
            }
            for note in report.notes { Output.error("\(file): \(note)") }
            Output.lines(Self.facts(report).lines(for: global.terminal))
        }

        private static func name(_ file: String) -> String { file == "-" ? "standard input" : file }

        static func facts(_ report: ImportReport) -> Facts {
            var facts = Facts([("Read", "\(report.read) \(report.table.rawValue)"), ("Imported", "\(report.imported)")])
            facts.add("Updated", report.updated == 0 ? nil : "\(report.updated)")
            facts.add("Unchanged", report.unchanged == 0 ? nil : "\(report.unchanged)")
            facts.add("Left out", report.skipped == 0 ? nil : "\(report.skipped)", .warning)
            let made = [
                (report.createdContractors.count, "contractor"), (report.createdProjects.count, "project"),
                (report.createdDeployments.count, "deployment"),
            ].filter { $0.0 > 0 }.map { Counted.text($0.0, $0.1) }
            facts.add("Also made", made.joined(separator: ", "))
            return facts
        }

        static func failure(_ refused: ImportRefused, _ file: String, skipBad: Bool) -> Failure {
            let problems = refused.report.problems
            var lines = problems.prefix(shownProblems).map { "\(file): \($0)" }
            if problems.count > shownProblems { lines.append("and \(problems.count - shownProblems) more") }
            lines.append(
                skipBad || refused.report.read == 0
                    ? "mend the file; --skip-bad leaves out records, not what is wrong with the file itself"
                    : "mend the file, or leave these records out by --skip-bad")
            var failure = Failure(.dataError, "\(file): \(refused)", lines: lines)
            failure.report = JSONRaw(refused.report)
            return failure
        }
    }

    /// `millctl books export orders|lines --format csv|json`
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Exports records as CSV or JSON, always in the same order.")

        @OptionGroup var global: GlobalOptions
        @Argument(
            help: "What: \(BooksTable.allCases.map(\.rawValue).joined(separator: ", ")).",
            completion: .list(BooksTable.allCases.map(\.rawValue)))
        var kind: BooksTable
        @Option(help: "csv or json; else by the file's name, else csv.") var format: TableFormat?
        @Option(help: "Only this month, YYYY-MM.", transform: OptionValue.month) var month: Month?
        @Option(name: .shortAndLong, help: "The file to write; standard output when left out.", completion: .file())
        var output: String?

        func run() async throws {
            let byName = output.flatMap { TableFormat(path: $0) }
            let format = self.format ?? byName ?? (global.json && output == nil ? .json : .csv)
            let file = try OutputFile(output)
            let place = BooksPlace(global.place)
            let books = try place.open(kind, at: global.place)
            let count: Int
            do {
                defer { books.close() }
                count = try await BooksExport(kind, format: format, month: month).run(from: books) {
                    try file.write($0)
                }
            } catch {
                throw Failure(books: error, place.path)
            }
            try file.finish()
            guard let path = file.path else { return }
            if global.json {
                JSONOutput.document(["file": .string(path), "records": .number("\(count)")] as JSONValue)
            } else {
                Output.line("\(count) \(kind.rawValue) in \(path)")
            }
        }
    }

    /// `millctl books approve --month YYYY-MM`
    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approves the orders of a month, with their lines, so that they can be paid.",
            discussion: "Orders that are Approved or Completed already stay as they are.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "YYYY-MM.", transform: OptionValue.month) var month: Month
        @Option(help: "Only the contractor with exactly this id or name on the chat server.") var contractor: String?

        func run() async throws {
            let place = BooksPlace(global.place)
            let books = try place.open(.orders, at: global.place)
            defer { books.close() }
            let approved: [OrderID]
            do {
                approved = try await books.approveOrders(month: month, contractor: contractor)
            } catch {
                throw Failure(books: error, place.path)
            }
            if global.json {
                JSONOutput.document(["approved": .array(approved.map { .string($0.text) })] as JSONValue)
            } else {
                Output.line("\(Counted.text(approved.count, "order")) of \(month) approved")
            }
        }
    }

    /// `millctl books sample [TABLE] [--month YYYY-MM] [-o FILE]`
    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a month of invented records as CSV: 20 contractors, 60 projects, and what they are paid.",
            discussion: """
                The same month gives the same file. Import it with: millctl books import TABLE FILE; timesheets first, \
                for they bring the contractors.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(
            help: "What: \(SampleBooks.tables.map(\.rawValue).joined(separator: ", ")).",
            completion: .list(SampleBooks.tables.map(\.rawValue)), transform: OptionValue.sample)
        var kind = BooksTable.timesheets
        @Option(help: "YYYY-MM; this month when left out.", transform: OptionValue.month) var month: Month?
        @Option(name: .shortAndLong, help: "The file to write; standard output when left out.", completion: .file())
        var output: String?

        func run() throws {
            let month = month ?? Month(of: SystemTime().wall())
            let file = try OutputFile(output)
            try file.write(SampleBooks.csv(kind, month: month))
            try file.finish()
            guard let path = file.path else { return }
            if global.json {
                let month = JSONValue.string("\(month)")
                JSONOutput.document(["file": .string(path), "month": month] as JSONValue)
            } else {
                Output.line(kind == .timesheets ? "a sample of \(month) in \(path)" : "\(kind.rawValue) in \(path)")
            }
        }
    }
}
