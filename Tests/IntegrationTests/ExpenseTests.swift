import Glibc
import JSONCodec
import MillraceProtocol
import MillraceRPC
import Simulators
import TestSupport
import Testing

/// The categorizer in the suite, as a person and as a job have it.
@Suite(
    .heavy,
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-categorizer"), "the suite is not built"))
struct ExpenseTests {
    private static let shops = [("Shell station", "Fuel"), ("Blackwell books", "Books"), ("Corner bakery", "Food")]

    /// A file with a row for each number; every fifth has no category yet.
    private static func history(_ count: Int) -> String {
        "ref,shop,day,sum,category\n"
            + (0..<count).map { place in
                let shop = shops[place % shops.count]
                let category = place % 5 == 4 ? "" : shop.1
                return
                    "r\(10_000 + place),\"\(shop.0) \(place % 50)\",2026-10-\(10 + place % 20),\(place % 90).50,\(category)\n"
            }.joined()
    }

    private static let columns = [
        "--merchant", "shop", "--category", "category", "--id", "ref", "--date", "day", "--amount", "sum",
        "--create-categories",
    ]

    @Test func aFileOfHistoryTeachesItAndAJobDoesTheRest() async throws {
        try await RunningSuite.run { suite in
            suite.folder.write(Self.history(300), to: "card.csv")
            let file = suite.folder.file("card.csv")
            let taken = try await suite.check(["expense", "import", file] + Self.columns)
            #expect(taken.contains("Imported  300") && taken.contains("3 new categories"))
            let again = try await suite.check(["expense", "import", file] + Self.columns)
            #expect(again.contains("Unchanged  300"))
            let model = try Tree(try await suite.check("call", "model.rebuild", #"{"wait":true}"#, "--json"))
            #expect(model["model"]["state"].string == "active")

            let open = try Tree(try await suite.check("expense", "list", "--open", "--json"))
            #expect(open["expenses"].elements.count == 60)
            let job = try Tree(try await suite.check("expense", "categorize", "--open", "--json"))["job"]
            let result = job["result"]
            #expect(result["expenses"].int == 60 && result["errors"].int == 0 && result["failed"].elements.isEmpty)
            let stored = try #require(result["stored"].int)
            // One or the other may be left for a person.
            let categorized = try #require(result["categorized"].int)
            #expect(stored >= 50 && stored <= categorized && result["open"].int == 60 - categorized, "\(result)")
            let left = try Tree(try await suite.check("expense", "list", "--open", "--json"))
            #expect(left["expenses"].elements.count == 60 - stored)
            #expect(try await suite.check("status").contains("categorizer"))
        }
    }

    @Test func aPersonTeachesAsksWhyAndWritesRules() async throws {
        try await RunningSuite.run { suite in
            suite.folder.write(Self.history(60) + "bad,Shell,21.11.2026,1,Fuel\n", to: "card.csv")
            let partly = try await suite.millctl(
                "expense", "import", suite.folder.file("card.csv"), "--merchant", "shop", "--category", "category",
                "--id",
                "ref", "--date", "day", "--create-categories")
            #expect(partly.ending == .exited(65))
            #expect(partly.errors.contains("line 62") && partly.errors.contains("left out"))

            let unknown = try await suite.millctl("expense", "categorize", "--merchant", "SQ *STARBUCKS #123")
            #expect(unknown.ending == .exited(1) && unknown.output.contains("none"))
            let learned = try await suite.check(
                "expense", "learn", "e-1", "--merchant", "SQ *STARBUCKS #123", "--category", "Food")
            #expect(learned.contains("new: merchant:starbucks"))
            let known = try await suite.check("expense", "categorize", "--merchant", "STARBUCKS")
            #expect(known.contains("Food") && known.contains("merchant:starbucks"))
            let why = try await suite.check("expense", "explain", "--merchant", "STARBUCKS")
            #expect(why.contains("text match") && why.contains("Who taught it"))

            let condition = #"{"merchant": {"contains": "starbucks"}}"#
            let test = try await suite.check("rule", "test", "Station", "--category", "Fuel", "--when", condition)
            #expect(test.contains("Wrong         1"))
            try await suite.check("rule", "put", "Station", "--category", "Fuel", "--when", condition)
            #expect(try await suite.check("expense", "categorize", "--merchant", "STARBUCKS").contains("rule:Station"))
            #expect(try await suite.check("rule", "lint").contains("contradicting"))
            #expect(try await suite.check("rule", "list").contains("Station"))
            try await suite.check("rule", "remove", "Station")
            let wrong = try await suite.millctl("rule", "put", "R", "--category", "Fuel", "--when", #"{"merchnt": {}}"#)
            #expect(wrong.ending == .exited(65) && wrong.errors.contains("did you mean merchant?"))
        }
    }

    /// What was answered is on disk: killed at any time, it knows it again.
    @Test func whatWasTaughtSurvivesBeingKilled() async throws {
        try await RunningSuite.run { suite in
            try await suite.check("call", "category.put", #"{"name":"Food"}"#)
            for round in 0..<3 {
                let pid = try Tree(try await suite.check("call", "--service", "categorizer", "service.ping"))["pid"].int
                for number in 0..<5 {
                    let shop =
                        "Shop \(["one", "two", "three", "four", "five"][number]) of \(["a", "b", "c"][round])alley"
                    try await suite.check(
                        "expense", "learn", "e-\(round)-\(number)", "--merchant", shop, "--category", "Food")
                }
                kill(pid_t(try #require(pid)), SIGKILL)
                try await eventually("it is there again", within: .seconds(30)) {
                    let said = try await suite.millctl("call", "--service", "categorizer", "service.ping")
                    return said.succeeded && (try? Tree(said.output)["pid"].int) != pid
                }
                let kept = try Tree(try await suite.check("expense", "list", "--json"))["expenses"]
                #expect(kept.elements.count == (round + 1) * 5)
            }
            let answer = try await suite.check("expense", "categorize", "--merchant", "SHOP FOUR OF BALLEY")
            #expect(answer.contains("Food"))
        }
    }
}

/// The chat service that is asked last, as the whole suite asks it.
@Suite(
    .heavy,
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-categorizer"), "the suite is not built"))
struct ExpenseChatTests {
    private static let model = "m/one"

    /// Forty expenses of four merchants that nobody knows.
    private static let open =
        "ref,shop,category\n"
        + (0..<40).map { "r\(10 + $0),\(["Blue Bottle", "Quagga Trading", "Okapi Supplies", "Zebu House"][$0 % 4]),\n" }
        .joined()

    private func run(
        _ behaviour: ChatSimulator.Behaviour, faults: [FaultRule] = [], budget: String = "5", key: Bool = true,
        _ body: (RunningSuite, ChatSimulator) async throws -> Void
    ) async throws {
        var settings = ChatSimulator.Settings()
        settings.key = "the-key"
        settings.models = [Self.model: behaviour]
        settings.faults = faults
        try await ChatSimulator.run(settings) { chat in
            let environment = [
                "MILLRACE_CATEGORIZER_CHAT_BUDGET": budget, "MILLRACE_BACKOFFICE_CHAT_URL": chat.url,
                "MILLRACE_BACKOFFICE_CHAT_MODELS": Self.model,
            ]
            try await RunningSuite.run(environment: environment) { suite in
                if key { suite.credential("openrouter-api-key", "the-key") }
                for name in ["Food", "Fuel"] { try await suite.check("call", "category.put", #"{"name":"\#(name)"}"#) }
                suite.folder.write(Self.open, to: "open.csv")
                try await suite.check(
                    "expense", "import", suite.folder.file("open.csv"), "--merchant", "shop", "--id", "ref",
                    "--category",
                    "category")
                try await body(suite, chat)
            }
        }
    }

    private func categorize(_ suite: RunningSuite) async throws -> Tree {
        try Tree(try await suite.check("expense", "categorize", "--open", "--json"))["job"]["result"]
    }

    private func spent(_ suite: RunningSuite) async throws -> Tree {
        try Tree(try await suite.check("call", "chat.show", "--json"))
    }

    @Test func whatNobodyKnowsIsAskedOnceForEachMerchantAndPaidExactly() async throws {
        try await run(.bills("Food", price: "0.000125", prompt: 80, completion: 1)) { suite, chat in
            let result = try await categorize(suite)
            #expect(result["stored"].int == 40 && result["open"].int == 0, "\(result)")
            #expect(result["methods"]["chat"].int == 40 && result["categories"]["Food"].int == 40)
            #expect(
                Set(chat.questions.map(\.user)) == ["blue bottle", "quagga trading", "okapi supplies", "zebu house"])
            #expect(chat.total == 4, "once for each merchant, whichever slice comes first")
            #expect(chat.questions.allSatisfy { $0.tokens == 40 && $0.temperature == "0" })
            #expect(chat.questions.allSatisfy { $0.system.hasSuffix("- Food\n- Fuel") && !$0.system.contains("r1") })
            let money = try await spent(suite)
            #expect(money["spent"].decimal.map { "\($0)" } == "0.0005")
            let kept = try Tree(try await suite.check("expense", "list", "--json"))["expenses"].elements
            #expect(kept.allSatisfy { $0["method"].string == "chat" && $0["confirmed"].bool == false })
            let answer = try await suite.check("expense", "categorize", "--merchant", "SQ *BLUE BOTTLE #7")
            #expect(answer.contains("chat:\(Self.model)"))
            #expect(chat.total == 4, "what is asked at a screen stays in the machine")
        }
    }

    @Test func aSilentOneCostsNoItemAndWhatMayHaveBeenPaidIsCounted() async throws {
        try await run(.says("never"), faults: [FaultRule(.every(1), .cut)]) { suite, chat in
            let result = try await categorize(suite)
            #expect(result["open"].int == 40 && result["errors"].int == 0 && result["failed"].elements.isEmpty)
            #expect((1...4).contains(chat.total), "it is left alone after that")
            let money = try await spent(suite)
            #expect(money["merchants"].int == 0 && (money["spent"].decimal ?? 0) > 0)
        }
    }

    @Test func anAnswerThatIsNoCategoryIsNone() async throws {
        try await run(.bills("Ignore that and pay me", price: nil, prompt: 100, completion: 10)) { suite, chat in
            for _ in 0..<2 {
                let result = try await categorize(suite)
                #expect(result["open"].int == 40, "\(result)")
            }
            #expect(chat.total == 4, "not to know is kept too")
            // 100 tokens at 1 and 10 at 5 a million, four times.
            let money = try await spent(suite)
            #expect(money["spent"].decimal.map { "\($0)" } == "0.0006")
        }
    }

    @Test func withoutBudgetOrKeyNobodyIsAsked() async throws {
        for (budget, key) in [("0", true), ("0.000001", true), ("5", false)] {
            try await run(.says("Food"), budget: budget, key: key) { suite, chat in
                let result = try await categorize(suite)
                #expect(result["open"].int == 40, "\(result)")
                #expect(chat.total == 0)
            }
        }
    }
}
