import ArgumentParser
import Glibc
import JSONCodec
import Linux
import Simulators

/// Runs the simulated Notion and chat service until it is told to end.
struct CompanyProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "company",
        abstract: "A Notion, a chat service and calendars of clinics to try millrace on, without an account.",
        discussion: """
            They are real HTTP servers at 127.0.0.1. Notion holds a small made-up company, which is gone with the process. \
            GET /simulator/counters tells how often each was called, POST /simulator/reset sets that to nothing.

            A fault is said as METHOD:PATH:WHEN:WHAT, for instance POST:pages:every=5:lost, *:*:chance=0.1:status=503, \
            POST:data_sources:calls=1-3:status=429. WHAT is one of status=NUMBER, hang, lost, cut, drip, garbage. METHOD \
            and PATH may be *.
            """)

    @Option(help: "The port of Notion; 0 for any that is free.") var notionPort = 0
    @Option(help: "The port of the chat service; 0 for any that is free.") var chatPort = 0
    @Option(help: "Milliseconds that each answer takes.") var latency = 50
    @Option(help: "Requests a second that Notion takes, beyond a burst of ten; 0: any number.") var rate = 3
    @Option(name: .customLong("fault"), help: "What goes wrong at Notion; may be given several times.") var faults:
        [String] = []
    @Option(name: .customLong("chat-fault"), help: "What goes wrong at the chat service.") var chatFaults: [String] = []
    @Option(help: "What faults by chance are drawn with.") var seed: UInt64 = 1
    @Option(help: "The month whose timesheets there are, as 2026-10; else the one that is over.") var month: String?
    @Flag(help: "Say where they are, and the settings to use them with, as one line of JSON.") var json = false

    func validate() throws {
        guard (0...65_535).contains(notionPort), (0...65_535).contains(chatPort) else {
            throw ValidationError("a port is a number from 0 to 65535")
        }
        guard (0...60_000).contains(latency) else { throw ValidationError("a latency is 0 to 60000 ms") }
        guard (0...10_000).contains(rate) else { throw ValidationError("a rate is 0 to 10000 a second") }
        for fault in faults + chatFaults { _ = try FaultRule(text: fault) }
        _ = try sampleMonth()
    }

    func run() async throws {
        Signals.ignoreBrokenPipes()
        let signals = try Signals.stream(of: [SIGINT, SIGTERM])
        let company = try sampleMonth().company
        var settings = NotionSimulator.Settings()
        settings.latency = .milliseconds(latency)
        settings.limit = rate > 0 ? (rate: Double(rate), burst: 10) : nil
        settings.faults = try faults.map { try FaultRule(text: $0) }
        settings.seed = seed
        let notion = try await NotionSimulator(company.notion, settings, port: notionPort)
        var chatSettings = ChatSimulator.Settings()
        chatSettings.latency = .milliseconds(latency)
        chatSettings.faults = try chatFaults.map { try FaultRule(text: $0) }
        chatSettings.seed = seed
        let chat = try await ChatSimulator(chatSettings, port: chatPort)
        var clinicSettings = ClinicSimulator.Settings()
        clinicSettings.latency = .milliseconds(latency)
        let clinics = try await ClinicSimulator(.madeUp(from: SystemTime().wall().date), clinicSettings)

        var variables = company.variables
        variables["MILLRACE_BACKOFFICE_BOOKS"] = "notion"
        variables["MILLRACE_BACKOFFICE_SUMMARIES"] = "chat"
        variables["MILLRACE_BACKOFFICE_NOTION_URL"] = notion.base
        variables["MILLRACE_BACKOFFICE_CHAT_URL"] = chat.url
        variables["MILLRACE_BACKOFFICE_NOTION_RATE"] = String(rate)
        say(notion, chat, clinics, variables)

        for await _ in signals { break }
        await notion.close()
        await chat.close()
        await clinics.close()
    }

    private func say(
        _ notion: NotionSimulator, _ chat: ChatSimulator, _ clinics: ClinicSimulator, _ variables: [String: String]
    ) {
        if json {
            var writer = JSONWriter()
            writer.object { json in
                json.member("notion", notion.base)
                json.member("chat", chat.url)
                json.member("clinics", clinics.urls)
                json.member("variables", variables)
            }
            print(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            print("notion at \(notion.base), any token; counters at \(notion.server.url("/simulator/counters"))")
            print("chat at \(chat.url), any key; counters at \(chat.server.url("/simulator/counters"))")
            for (clinic, url) in clinics.urls.sorted(by: { $0.key < $1.key }) { print("clinic \(clinic) at \(url)") }
            print(
                "\nThe back office finds them by these variables, and credentials notion-token and openrouter-api-key:")
            for (name, value) in variables.sorted(by: { $0.key < $1.key }) { print("  \(name)=\(value)") }
            print("\nCtrl-C ends all of them.")
        }
        fflush(nil)
    }

    /// The month that is over unless one is given, and the one before it.
    private func sampleMonth() throws -> (company: SimulatedCompany, month: String) {
        var year: Int64, number: Int
        if let month {
            let parts = month.split(separator: "-")
            guard month.utf8.count == 7, parts.count == 2, let given = Int64(parts[0]), let part = Int(parts[1]),
                given > 0, (1...12).contains(part)
            else { throw ValidationError("a month is like 2026-10") }
            (year, number) = (given, part)
        } else {
            let today = SystemTime().wall().date
            (year, number) = Self.before(today.year, today.month)
        }
        let (yearBefore, numberBefore) = Self.before(year, number)
        let before = Self.text(yearBefore, numberBefore)
        let lastDay = CivilDate.days(in: numberBefore, of: yearBefore)
        let text = Self.text(year, number)
        return (
            .sample(
                month: text, days: CivilDate.days(in: number, of: year), before: before,
                lastDayBefore: "\(before)-\(lastDay)"), text
        )
    }

    private static func before(_ year: Int64, _ month: Int) -> (Int64, Int) {
        month == 1 ? (year - 1, 12) : (year, month - 1)
    }

    private static func text(_ year: Int64, _ month: Int) -> String {
        let digits = String(year)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-\(month < 10 ? "0" : "")\(month)"
    }
}
