import Glibc
import JSONCodec
import MillraceProtocol
import MillraceRPC
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
            let result = try Tree(try await suite.check("expense", "categorize", "--open", "--json"))
            #expect(result["expenses"].int == 60 && result["errors"].int == 0 && result["failed"].elements.isEmpty)
            let stored = try #require(result["stored"].int)
            // One or the other may be left for a person.
            #expect(stored >= 50 && result["open"].int == 60 - stored, "\(result)")
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
