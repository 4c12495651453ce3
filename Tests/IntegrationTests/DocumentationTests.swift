import Linux
import MillraceProtocol
import Simulators
import TestSupport
import Testing

/// The commands in the documentation do what it says: every block of ```sh of a page, in one shell, on a suite that runs.
///
/// What else may stand after `sh`: `simulated`, for a suite on simulated outside systems; `systemd` and `package`, for an installed
/// one, which SystemdTests run; `not run:` and why.
@Suite(.heavy, .enabled(if: RunningSuite.isWhole, "the executables are not built"))
struct DocumentationTests {
    /// What pages speak of.
    private static let files = [
        "card.csv": """
        id,description,category,amount,date
        e-17,SHELL 4711,Travel,40.00,2026-10-01
        e-18,STARBUCKS 12,Food,4.50,2026-10-02
        e-19,ARAL 7,Fuel,61.20,2026-10-03
        """,
        "appointments.csv": """
        appointment_id,patient_key,scheduled_at,appointment_day,clinic,sms_received,no_show
        1,p1,2016-04-29T18:38:08Z,2016-05-10,NORTH,0,No
        2,p2,2016-04-29T16:08:27Z,2016-05-10,NORTH,1,Yes
        """,
    ]

    @Test func everyBlockOfCommandsIsRunOrSaysWhyNot() {
        let shells = ["sh", "bash", "shell", "console", "zsh"]
        for page in DocumentedPage.all {
            for block in page.blocks where shells.contains(block.language) {
                let isRun = ["", "simulated", "systemd", "package"].contains(block.mark)
                let saysWhy = block.mark.hasPrefix("not run: ") && block.mark.count > 20
                #expect(block.language == "sh" && (isRun || saysWhy), "\(page.name), line \(block.line)")
            }
        }
        #expect(DocumentedPage.all(marked: "package").map(\.name) == ["Documentation/Operations"])
        #expect(DocumentedPage.all(marked: "").count > 10 && DocumentedPage.all(marked: "systemd").count > 4)
    }

    @Test func everyReadyKindStandsWherePeopleLookForIt() async throws {
        try await RunningSuite.run { suite in
            var kinds: [String] = []
            try await eventually("the ready workloads have registered") {
                kinds = try await suite.call("kind.list")["kinds"].elements
                    .filter { $0["pool"].string == "millrace-backoffice" }.compactMap { $0["name"].string }
                return kinds.count >= 9
            }
            for name in ["Documentation/Kinds", "Services/BackOffice/README"] {
                let page = try DocumentedPage(name).source
                #expect(kinds.filter { !page.contains("`\($0)`") } == [], "\(name)")
            }
        }
    }

    /// Whoever reads the page, and the test that runs it, may have something else there.
    @Test func noCommandThatIsRunTakesAPortOfItsOwnChoice() {
        for page in DocumentedPage.all {
            for block in page.blocks where block.language == "sh" && !block.mark.hasPrefix("not run: ") {
                let chosen = block.text.split(separator: "\n").filter { $0.contains(/-port[ =][1-9]|localhost:[0-9]/) }
                #expect(chosen.isEmpty, "\(page.name), line \(block.line): \(chosen)")
            }
        }
    }

    @Test(arguments: DocumentedPage.all(marked: ""))
    func theCommandsOfAPageRun(page: DocumentedPage) async throws {
        try await RunningSuite.run { suite in
            for (name, text) in Self.files { suite.folder.write(text, to: name) }
            try await declare(what: page, on: suite)
            guard page.commands().contains("$CALENDAR") else { return try await run(page.commands(), on: suite) }
            suite.credential("clinic-login", "vet:secret")
            try await ClinicSimulator.run(.madeUp(from: SystemTime().wall().date)) { calendar in
                try await run(page.commands(), on: suite, ["CALENDAR": calendar.url(of: calendar.clinics[0])])
            }
        }
    }

    @Test(
        .enabled(if: Binary.exist("millrace-simulator"), "the executables are not built"),
        arguments: DocumentedPage.all(marked: "simulated"))
    func theCommandsOfAPageRunOnSimulatedSystems(page: DocumentedPage) async throws {
        try await RunningSuite.run(options: ["--simulate", "--simulate-rate", "0"]) { suite in
            try await run(page.commands(marked: "simulated"), on: suite)
        }
    }

    /// The client of Protocol.md, with the worker it needs.
    @Test(.enabled(if: PythonWorker.isThere, "python3 not there"))
    func theClientOfTheProtocolRuns() async throws {
        let program = try #require(try DocumentedPage("Documentation/Protocol").blocks(in: "python").first).text
        try await RunningSuite.run { suite in
            let worker = try RunningProcess([
                Python.interpreter, "-B", packageRoot + "/Examples/python/worker.py", suite.socket,
            ])
            try await eventually("the worker is there", within: .seconds(20)) {
                try await suite.call("worker.list")["workers"].elements.contains { $0["name"].string == "checksum.py" }
            }
            let said = try await check(
                [Python.interpreter, "-B", "-c", program.replacing("/run/millrace/runner.sock", with: suite.socket)],
                environment: ["PYTHONPATH": packageRoot + "/Examples/python"])
            #expect(said.contains("sha256"), "\(said)")
            #expect(worker.progress.value.ending == nil)
        }
    }

    @Test func everyReasonOfWhyHasItsAdvice() throws {
        let page = try #require(text(of: packageRoot + "/Documentation/Troubleshooting.md"))
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
        #expect(headings == WhyCode.allCases.map(\.rawValue))
    }

    /// Puts the declarations of a page in force: its blocks of ```yaml with the name of a file.
    private func declare(what page: DocumentedPage, on suite: RunningSuite) async throws {
        let declarations = page.blocks(in: "yaml").filter { $0.mark != "" }
        for declaration in declarations {
            let path = "state/etc/\(declaration.mark)"
            try await check(["mkdir", "-p", Files.parent(suite.folder.file(path))])
            suite.folder.write(declaration.text, to: path)
        }
        guard !declarations.isEmpty else { return }
        for service in KnownService.all { try await suite.check("call", "service.reload", "--service", service.name) }
    }

    private func run(
        _ commands: String, on suite: RunningSuite, _ more: [String: String?] = [:]
    ) async throws {
        let environment: [String: String?] = [
            "SCRATCH": suite.folder.path, "MILLRACE_STATE": suite.state, "SOCKET": suite.socket,
            "EXAMPLES": packageRoot + "/Examples",
            "PATH": Binary.folder + ":" + (TestSupport.environment("PATH") ?? "/usr/bin:/bin"),
        ]
        let finished = try await TestSupport.run(
            ["sh", "-euc", "cd \"$SCRATCH\"\n" + commands], environment: environment.merging(more) { $1 },
            within: .seconds(180))
        guard finished.succeeded else { throw TestFailure("\(finished)") }
    }
}
