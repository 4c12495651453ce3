import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

/// The categorizer as it is installed, under a real systemd.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt && RunningCategorizer.isBuilt, "the executables are not built"), .bootedSystem,
    .installed)
struct CategorizerUnderSystemdTests {
    private let system: BootedSystem
    private let service = "millrace-categorizer.service"
    private let socket = "millrace-categorizer.socket"

    init() async throws {
        system = try #require(BootedSystem.current)
        try await system.startOnly(socket, of: service)
    }

    private func pid() async throws -> String { try await system.property("MainPID", of: service) }

    /// One category, and a merchant whose it is.
    private func teach() async throws {
        _ = try await system.call("category.put", #"{"name":"Food"}"#)
        try await system.check(["millctl", "expense", "learn", "t-1", "--merchant", "Starbucks", "--category", "Food"])
    }

    @Test func theSocketOfAStoppedOneGetsItsAnswerAndItIsReadyInItsSandbox() async throws {
        let owner = try await system.check(["stat", "-c", "%U:%G %a", "/run/millrace/categorizer.sock"])
        #expect(owner == "millrace:millrace 660\n")
        #expect(try await system.property("ActiveState", of: service) == "inactive")

        try await teach()
        #expect(
            try await system.check(["millctl", "expense", "categorize", "--merchant", "STARBUCKS"]).contains("Food"))

        #expect(try await system.property("ActiveState", of: service) == "active")
        #expect(try await system.property("Type", of: service) == "notify")
        #expect(try await system.property("User", of: service) == "millrace")
        #expect(try await system.property("StatusText", of: service).contains("categories"))
        let status = try await system.check(["cat", "/proc/\(try await pid())/status"])
        for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"] {
            #expect(status.contains(line), "\(line)")
        }
        let database = try await system.check(["stat", "-c", "%U %a", "/var/lib/millrace/categorizer.sqlite"])
        #expect(database == "millrace 600\n", "nobody else reads what people buy")
    }

    @Test func membersOfTheGroupMayTeachAndOnlyAdministratorsConfigure() async throws {
        try await teach()
        let ask = ["millctl", "call", "expense.suggest", #"{"expense":{"id":"e","merchant_name":"Starbucks"}}"#]
        let stranger = try await system.run(ask, as: "nobody", groups: [])
        #expect(stranger.status == 77 && stranger.errors.contains("not allowed"), "\(stranger)")
        try await system.check(ask, as: "nobody", groups: ["millrace"])
        let learn = ["millctl", "expense", "learn", "t-2", "--merchant", "Nero", "--category", "Food"]
        try await system.check(learn, as: "nobody", groups: ["millrace"])
        let explained = try await system.call("expense.explain", #"{"expense":{"id":"e","merchant_name":"Nero"}}"#)
        #expect(explained["teachers"][0]["by"].string == "nobody", "by the kernel's word")
        for call in [["categorizer.configure", #"{"options":{"max_alternatives":2}}"#], ["categorizer.reset", "{}"]] {
            #expect(
                try await system.run(["millctl", "call"] + call, as: "nobody", groups: ["millrace"]).status == 77)
            try await system.check(["millctl", "call"] + call, as: "nobody", groups: ["millrace", "millrace-admin"])
        }
    }

    @Test func restartsUnderLoadCostNobodyAnError() async throws {
        try await teach()
        let client = RPCClient(socket: system.outside("/run/millrace/categorizer.sock"))
        defer { client.close() }
        try await system.restartUnderLoad(service) { number in
            let record = ExpenseRecord(id: "e-\(number)", merchantName: "Starbucks")
            let answer = try await client.call(
                ExpenseCategorize.self,
                .init(expense: record, options: CategorizeOptions(timeoutMs: 60_000)),
                options: CallOptions(timeout: .seconds(30)))
            guard answer.categoryName == "Food" else { throw TestFailure("\(answer)") }
        }
    }

    @Test func aWorkingOneBeatsTheWatchdogAndAFrozenOneIsReplaced() async throws {
        try await system.beatsItsWatchdogAndIsReplacedWhenFrozen(service) {
            try await teach()
        }
        let answer = try await system.check(["millctl", "expense", "categorize", "--merchant", "STARBUCKS"])
        #expect(answer.contains("Food"), "it knows what it was taught")
    }

    /// What people have to hear of bears the id of the call that met it.
    @Test func theJournalHasItsWordsWithTheCallThatCausedThem() async throws {
        try await teach()
        let row = #"{"line":2,"expense":{"id":"e-1","merchant_name":"Starbucks"}}"#
        _ = try await system.call("expense.import", "{\"rows\":[\(row)]}")
        try await system.check(["systemctl", "stop", service])
        let small = """
            mkdir /run/small && mount -t tmpfs -o size=16m tmpfs /run/small && cp -a /var/lib/millrace/. /run/small/ &&
                mount --bind /run/small /var/lib/millrace
            """
        try await system.check(["sh", "-c", small])
        try await system.check(["systemctl", "start", service])
        // There is no room for what it wants to keep.
        try await system.check(["sh", "-c", "! cat /dev/zero >/var/lib/millrace/filling"])
        let answer = try await system.call("expense.categorize", #"{"id":"e-1"}"#)
        #expect(answer["category_name"].string == "Food" && answer["stored"].bool == false, "\(answer)")
        let correlation = try #require(answer["correlation_id"].string)
        try await system.check(["journalctl", "--sync"])
        let output = try await system.check([
            "journalctl", "--no-pager", "-o", "json", "CORRELATION_ID=\(correlation)", "_SYSTEMD_UNIT=\(service)",
        ])
        let entry = try Tree(String(try #require(output.split(separator: "\n").first)))
        #expect(entry["PRIORITY"].string == "4")
        #expect(entry["SYSLOG_IDENTIFIER"].string == "millrace-categorizer")
        #expect(entry["MESSAGE"].string?.contains("not stored") == true)
        try await system.check(["systemctl", "stop", service])
        try await system.check(["umount", "/var/lib/millrace"])
    }

    /// The journal looks up whose an entry is when it takes it in: last words of a process that is gone by then have no unit.
    @Test func aWrongSettingStopsTheStartForGoodWithEveryMistakeNamedHoweverSlowTheJournalIs() async throws {
        try await system.write(
            "[Work]\nThreads=many\n[Chat]\nChatBudget=1e9\nChatZone=Europe/Atlantis\n",
            to: "/etc/millrace/categorizer.conf")
        let signal = ["systemctl", "kill", "--kill-who=main", "systemd-journald.service", "--signal"]
        try await system.check(signal + ["STOP"])
        try await system.check(["systemctl", "start", "--no-block", service])
        try await eventually("the service waits for the journal, or is gone", within: .seconds(30)) {
            let process = try await system.property("MainPID", of: service)
            let waits = "grep -q nanosleep /proc/\(process)/task/*/wchan"
            if try await system.run(["sh", "-c", waits]).succeeded { return true }
            return try await system.property("ExecMainStatus", of: service) == "78"
        }
        try await system.check(signal + ["CONT"])
        try await eventually("it ends", within: .seconds(30)) {
            try await system.property("ExecMainStatus", of: service) == "78"
        }
        #expect(try await system.property("NRestarts", of: service) == "0")
        let said = try await system.journal("-u", service).joined(separator: "\n")
        for words in ["categorizer.conf:2", "categorizer.conf:4", "categorizer.conf:5", "not started"] {
            #expect(said.contains(words), "\(said)")
        }
    }
}
