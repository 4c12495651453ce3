import ArgumentParser
import Glibc
import JSONCodec
import Linux
import Simulators

/// `millrace-simulator clinic --appointments FILE.csv`: the calendars of clinics, until it is told to end.
struct ClinicProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clinic", abstract: "The calendars of clinics, behind a login session.",
        discussion: """
            The file has the columns appointment_id, patient_key, scheduled_at, appointment_day, clinic, sms_received and \
            no_show; without one, three made-up clinics are there. GET /clinics lists them; each has its calendar at \
            /clinics/NAME. Any user name and password are taken. At the end the calls are printed as one line of JSON.

            A fault is said as METHOD:PATH:WHEN:WHAT, for instance GET:appointments:every=5:status=503 or \
            GET:appointments/2016-05-10:every=1:hang; PATH is login, session, config or appointments/DATE.
            """)

    @Option(help: "The appointments, a CSV file.") var appointments: String?
    @Option(help: "The port; 0 for any that is free.") var port = 0
    @Option(help: "Milliseconds that each answer takes.") var latency = 0
    @Option(name: .customLong("fail"), help: "What goes wrong; may be given several times.") var faults: [String] = []
    @Option(help: "What faults by chance are drawn with.") var seed: UInt64 = 1
    @Option(help: "Requests after which a session is over; 0: never.") var sessionLife = 0
    @Flag(help: "A login gives a token instead of a cookie.") var token = false
    @Flag(help: "Say where they are as one line of JSON.") var json = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("a port is a number from 0 to 65535") }
        guard (0...600_000).contains(latency) else { throw ValidationError("a latency is 0 to 600000 ms") }
        guard sessionLife >= 0 else { throw ValidationError("a session lives for 0 or more requests") }
        for fault in faults { _ = try FaultRule(text: fault) }
    }

    func run() async throws {
        Signals.ignoreBrokenPipes()
        let signals = try Signals.stream(of: [SIGINT, SIGTERM])
        let calendar =
            try appointments.map { try SimulatedCalendar(csv: try Files.read($0)) }
            ?? .madeUp(from: SystemTime().wall().date)
        var settings = ClinicSimulator.Settings()
        settings.latency = .milliseconds(latency)
        settings.faults = try faults.map { try FaultRule(text: $0) }
        settings.seed = seed
        settings.sessionLife = sessionLife
        settings.givesToken = token
        let simulator = try await ClinicSimulator(calendar, settings, port: port)
        say(simulator)
        for await _ in signals { break }
        await simulator.close()
        var json = JSONWriter()
        json.object {
            $0.member("calls", simulator.counts)
            $0.member("total", simulator.counts.values.reduce(0, +))
            // Of a budget of ten requests a second, how many were ahead of it at most.
            $0.member("aheadOfTenPerSecond", Int(simulator.excess(rate: 10).rounded(.up)))
        }
        print(String(decoding: json.bytes, as: UTF8.self))
        fflush(nil)
    }

    private func say(_ simulator: ClinicSimulator) {
        if json {
            var writer = JSONWriter()
            writer.object { json in
                json.member("url", simulator.server.url("/clinics"))
                json.member("clinics", simulator.urls)
            }
            print(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            for clinic in simulator.clinics { print("\(clinic) at \(simulator.url(of: clinic))") }
            print("\(simulator.clinics.count) clinics; counters at \(simulator.server.url("/simulator/counters"))")
            print("Ctrl-C ends them and prints the calls.")
        }
        fflush(nil)
    }
}
