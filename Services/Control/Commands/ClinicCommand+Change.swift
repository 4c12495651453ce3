import ArgumentParser
import BackOffice
import JSONCodec
import Linux

extension ClinicCommand {
    /// `millctl clinic set ID [--open T] [--close T] [--days D] [--slot-minutes N] [--capacity N]`
    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets how a clinic works: hours, days, length of slots, capacity; shows it where nothing is set.",
            discussion: """
                The first sync takes all of it from the calendar; what is set here stays. Slots that are no more made are not \
                offered from then on, though bookings in them stay; new ones come with the next sync.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic.", transform: OptionValue.clinic) var id: ClinicID
        @Option(help: "When it opens, as 08:00.", transform: OptionValue.clock) var open: ClockTime?
        @Option(help: "When it closes, as 18:00.", transform: OptionValue.clock) var close: ClockTime?
        @Option(help: "On which days, as mon-fri or mon,wed,sat.", transform: OptionValue.weekdays) var days: Weekdays?
        @Option(
            help: "How long a slot is, 1 to 120 minutes.",
            transform: OptionValue.integer(ScheduleConfig.slotLengths))
        var slotMinutes: Int?
        @Option(
            help: "Appointments that a slot bears, 1 to 1000; 'calendar' for as many as the calendar has rooms.",
            transform: OptionValue.capacity)
        var capacity: ScheduleChange.Capacity?

        func run() async throws {
            var change = ScheduleChange()
            change.open = open
            change.close = close
            change.days = days
            change.slotMinutes = slotMinutes
            change.capacity = capacity
            let wanted = change
            let (config, blocked) = try await ClinicCommand.withBooks(global) { books in
                (try await books.change(id, wanted), try await books.blockedPeriods(of: id))
            }
            if global.json { return JSONOutput.document(ClinicText.json(config, blocked, of: id)) }
            Output.lines(ClinicText.facts(config, blocked, of: id).lines(for: global.terminal))
            if !wanted.isNothing { Output.line("slots that are new come with the next sync") }
        }
    }

    /// `millctl clinic block ID NAME FROM TO [--days D]`
    struct Block: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Blocks a time of day, in which no slot is offered; one of the same name is replaced.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic.", transform: OptionValue.clinic) var id: ClinicID
        @Argument(help: "What it is called, such as lunch.", transform: OptionValue.period) var name: String
        @Argument(help: "Its beginning, as 12:00.", transform: OptionValue.clock) var from: ClockTime
        @Argument(help: "Its end, as 13:00.", transform: OptionValue.clock) var to: ClockTime
        @Option(
            help: "On which days, as mon-fri or mon,wed,sat; on all of them when left out.",
            transform: OptionValue.weekdays)
        var days = Weekdays(bits: 127)

        func validate() throws {
            guard from < to else { throw ValidationError("\(to.short) is not after \(from.short)") }
        }

        func run() async throws {
            let period = BlockedPeriod(name: name, start: from, end: to, days: days)
            try await ClinicCommand.withBooks(global) { try await $0.put(period, of: id) }
            if global.json { return JSONOutput.document(ClinicText.json(period)) }
            Output.line("\(DisplayText.harmless(name)) is blocked: \(ClinicText.times(of: period))")
        }
    }

    /// `millctl clinic unblock ID NAME`
    struct Unblock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Blocks a time no more; its slots are offered again, those that are new after the next sync.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The clinic.", transform: OptionValue.clinic) var id: ClinicID
        @Argument(help: "What is blocked, such as lunch.") var name: String

        func run() async throws {
            try await ClinicCommand.withBooks(global) { try await $0.unblock(name, of: id) }
            if global.json { return JSONOutput.document(["name": .string(name), "blocked": false] as JSONValue) }
            Output.line("\(DisplayText.harmless(name)) is blocked no more; slots that are new come with the next sync")
        }
    }

    /// `millctl clinic confirm NUMBER`
    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Confirms a booking: it keeps its place.",
            discussion: """
                The place is kept until the clinic's calendar has an appointment of the client or of the animal at that time, \
                which then takes it. A booking whose five minutes are over is confirmed as long as its slot has a free place.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The number of the booking.") var number: String

        func run() async throws {
            let now = SystemTime().wall()
            let booking = try await ClinicCommand.withBooks(global) {
                try await $0.confirm(number.uppercased(), now: now)
            }
            if global.json { return JSONOutput.document(booking) }
            Output.line("\(ClinicText.name(of: booking)) is confirmed")
        }
    }

    /// `millctl clinic cancel NUMBER`
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels a booking, confirmed or not, and frees its place.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The number of the booking.") var number: String

        func run() async throws {
            let booking = try await ClinicCommand.withBooks(global) { try await $0.cancel(number.uppercased()) }
            if global.json { return JSONOutput.document(booking) }
            Output.line("\(ClinicText.name(of: booking)) is cancelled")
        }
    }
}
