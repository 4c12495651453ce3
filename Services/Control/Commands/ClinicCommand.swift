import ArgumentParser
import BackOffice
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl clinic …`
struct ClinicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clinic", abstract: "Mirrors the calendars of clinics, shows their days and books slots.",
        discussion: """
            For instance: millctl clinic add vet --url https://calendar.example.org/clinics/vet --zone Europe/Berlin
                          millctl clinic sync vet --days 14
                          millctl clinic slots vet 2026-11-23
            Clinics are kept in the books in SQLite; see `millctl books --help` for where those are.
            """,
        subcommands: [
            Add.self, List.self, Set.self, Block.self, Unblock.self, Sync.self, Status.self, Slots.self, Book.self,
            Confirm.self, Cancel.self, Appointments.self,
        ])

    /// The kind of the job that syncs.
    static let kind = "sync-schedule"

    @OptionGroup var global: GlobalOptions
}

extension ClinicCommand {
    /// Runs `body` with the books.
    static func withBooks<Value>(
        _ global: GlobalOptions, creates: Bool = false, _ body: (SQLiteBooks) async throws -> Value
    ) async throws -> Value {
        let place = BooksPlace(global.place)
        let books = try place.open(global.place, creates: creates)
        defer { books.close() }
        do {
            return try await body(books)
        } catch let failure as Failure {
            throw failure
        } catch let error as ClinicError {
            throw Failure(clinic: error)
        } catch {
            throw Failure(books: error, place.path)
        }
    }

    /// The clinic that is meant where none is named: the only one.
    static func named(_ id: ClinicID?, _ books: SQLiteBooks) async throws -> ClinicID {
        if let id { return id }
        let all = try await books.clinics()
        guard let only = all.first else { throw Failure(.noInput, "no clinic; add one by `millctl clinic add`") }
        guard all.count == 1 else {
            throw Failure(.usage, "there are \(all.count) clinics; name the one that is meant")
        }
        return only.id
    }

    /// `millctl clinic add ID --url URL [--zone Z]`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a clinic, or gives one that is there another calendar.",
            discussion: """
                Its hours, days and slots are taken from its calendar by the first sync and kept from then on; lunch from \
                12:00 to 14:00 is blocked; `millctl clinic set` and `millctl clinic block` change that. The credential is a \
                file with user:password in etc/credentials of the suite's folder, or one that systemd lays out; clinic-login \
                where none is named.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "What the clinic is called.", transform: OptionValue.clinic) var id: ClinicID
        @Option(help: "Its calendar; /login, /config and /appointments are below it.") var url: String
        @Option(help: "Its time zone, such as Europe/Berlin; what the calendar says when left out.") var zone: String?
        @Option(help: "The name of the credential with its user:password.") var credential: String?
        @Flag(help: "Its calendar has no API: chromium, which has to be installed, reads its pages.") var pages = false

        func run() async throws {
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw Failure(.usage, "--url: '\(url)' begins neither with http:// nor with https://")
            }
            if let zone, !ScheduleConfig.isZone(zone) {
                throw Failure(.usage, "--zone: this system knows no zone '\(zone)'")
            }
            let clinic = Clinic(
                id: id, url: url, credential: credential, zone: zone, access: pages ? .pages : .api)
            let isNew = try await ClinicCommand.withBooks(global, creates: true) { try await $0.put(clinic) }
            if global.json {
                JSONOutput.document(
                    ["clinicId": .string(id.text), "url": .string(url), "created": .bool(isNew)] as JSONValue)
            } else {
                Output.line("clinic \(DisplayText.harmless(id.text)) is \(isNew ? "added" : "changed")")
            }
        }
    }

    /// `millctl clinic list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the clinics, with how fresh each is.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let now = SystemTime().wall()
            let all = try await ClinicCommand.withBooks(global) { books in
                var all: [(Clinic, ScheduleStatus)] = []
                for clinic in try await books.clinics() {
                    all.append((clinic, try await books.scheduleStatus(of: clinic.id, now: now)))
                }
                return all
            }
            if global.json { return JSONOutput.document(JSONRaw(all.map { $0.1 })) }
            if all.isEmpty { return Output.line("no clinic; add one by `millctl clinic add`") }
            Output.table(ClinicText.list(all), global.terminal)
        }
    }

    /// `millctl clinic sync ID [--from DATE] [--days N]`
    struct Sync: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mirrors the calendar of a clinic, and shows the job until it ends.",
            discussion: """
                Two syncs of a clinic run at once and ten wait; the next is refused. It ends with 0 when every date came \
                through, 2 when some did, 1 when none. What of a date could not be read is left as it was. Whoever ends this \
                command before the sync ends the sync too, unless it is detached.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic.", transform: OptionValue.clinic) var id: ClinicID
        @Option(
            help: "The first day, YYYY-MM-DD; today in the clinic's zone when left out.", transform: OptionValue.day)
        var from: Day?
        @Option(
            help: "How many days after the first one, 1 to 60; 14 are 15 dates.", transform: OptionValue.integer(1...60)
        )
        var days = ScheduleSyncParameters.standardDays
        @Flag(help: "Queue it, and do not wait for its end; it goes on without this command.") var detach = false

        func run() async throws {
            var problems: [String] = []
            let settings = ScheduleSyncSettings(environment: { Environment[$0] }, problems: &problems)
            if let problem = problems.first { throw Failure(.usage, problem) }
            let parameters = ScheduleSyncParameters(clinic: id, daysAhead: days, from: from)
            let specification = JobSpecification(
                kind: ClinicCommand.kind, params: JSONRaw(parameters), key: id.text,
                timeoutMs: Int(settings.timeout.milliseconds), maxAttempts: 1, attached: detach ? nil : true)
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let answer = try await caller.call(JobSubmit.self, specification, idempotencyKey: Identifier.random())
            if detach {
                if global.json { return JSONOutput.document(answer.raw) }
                let receipt = JobCommand.Submit.sentence(answer.value, isKeyed: false, isUnique: false)
                return Output.line(receipt)
            }
            try await JobWaiting(
                caller: caller, id: answer.value.id, global: global, attached: true,
                summary: { ClinicText.summary(of: $0, $1) }
            ).run()
        }
    }

    /// `millctl clinic status [ID]`
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tells how fresh the mirror of a clinic is.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic; may be left out where there is only one.", transform: OptionValue.clinic)
        var id: ClinicID?

        func run() async throws {
            let now = SystemTime().wall()
            let status = try await ClinicCommand.withBooks(global) { books in
                try await books.scheduleStatus(of: try await ClinicCommand.named(id, books), now: now)
            }
            if global.json { return JSONOutput.document(status) }
            Output.lines(ClinicText.facts(status).lines(for: global.terminal))
        }
    }

    /// `millctl clinic slots [ID] [DATE]`
    struct Slots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draws a day of a clinic: what is taken, and what is free.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic, where there are several; the day, YYYY-MM-DD, today at the clinic when left out.")
        var words: [String] = []

        /// What reads as a day is one.
        private func meant() throws -> (id: ClinicID?, date: Day?) {
            switch words.count {
            case 0: return (nil, nil)
            case 1:
                if let date = Day(words[0]) { return (nil, date) }
                return (try OptionValue.clinic(words[0]), nil)
            case 2: return (try OptionValue.clinic(words[0]), try OptionValue.day(words[1]))
            default: throw ValidationError("a clinic and a day are asked for at most")
            }
        }

        func validate() throws { _ = try meant() }

        func run() async throws {
            let now = SystemTime().wall()
            let (named, date) = try meant()
            let (id, day, slots) = try await ClinicCommand.withBooks(global) {
                books -> (ClinicID, Day, [ScheduleSlot]) in
                let id = try await ClinicCommand.named(named, books)
                let day = try await books.day(date, at: id, now: now)
                return (id, day, try await books.offered(of: id, on: day, now: now))
            }
            if global.json { return JSONOutput.document(JSONValue.array(slots.map(ClinicText.json))) }
            if slots.isEmpty { return Output.line("\(DisplayText.harmless(id.text)) has no slots on \(day)") }
            Output.lines(ClinicText.day(slots, on: day, global.terminal))
        }
    }

    /// `millctl clinic book ID DATE TIME --client NAME`
    struct Book: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Books a slot: holds it for five minutes, within which it is to be confirmed.",
            discussion: "By `millctl clinic confirm` and the number that this command tells.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic.", transform: OptionValue.clinic) var id: ClinicID
        @Argument(help: "The day, YYYY-MM-DD.", transform: OptionValue.day) var date: Day
        @Argument(help: "The beginning of the slot, as 16:15.", transform: OptionValue.clock) var time: ClockTime
        @Option(help: "For whom.") var client: String
        @Option(help: "With which animal.") var patient = ""

        func run() async throws {
            let booking = try await ClinicCommand.withBooks(global) { books in
                try await books.book(
                    id, on: date, at: time, client: client, patient: patient,
                    confirmation: String(Identifier.random().prefix(8)).uppercased(), now: SystemTime().wall())
            }
            if global.json { return JSONOutput.document(booking) }
            Output.line(
                "\(booking.date) \(booking.start.short) is held for \(DisplayText.harmless(client)) until "
                    + "\(booking.holdExpiresAt), number \(booking.confirmation)")
        }
    }

    /// `millctl clinic appointments ID [--from DATE] [--days N]`
    struct Appointments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the appointments of a clinic.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic.", transform: OptionValue.clinic) var id: ClinicID
        @Option(help: "The first day, YYYY-MM-DD; today at the clinic when left out.", transform: OptionValue.day)
        var from: Day?
        @Option(help: "How many days, 1 to 366.", transform: OptionValue.integer(1...366)) var days = 1
        @Flag(help: "Those that are gone too.") var deleted = false

        func run() async throws {
            let now = SystemTime().wall()
            let (first, last, found) = try await ClinicCommand.withBooks(global) {
                books -> (Day, Day, [AppointmentView]) in
                let first = try await books.day(from, at: id, now: now)
                guard let last = first.adding(days - 1) else { throw ClinicError.range(first, days: days) }
                return (first, last, try await books.appointments(of: id, from: first, to: last, deleted: deleted))
            }
            if global.json { return JSONOutput.document(JSONValue.array(found.map(ClinicText.json))) }
            if found.isEmpty { return Output.line("no appointment from \(first) to \(last)") }
            Output.table(ClinicText.appointments(found), global.terminal)
        }
    }
}
