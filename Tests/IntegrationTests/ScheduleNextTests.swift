import JSONCodec
import Linux
import TestSupport
import Testing

/// `millctl schedule next --batch`, the program itself, over all the published cases.
@Suite(.heavy, .enabled(if: Binary.exist("millctl"), "millctl is not built"))
struct ScheduleNextTests {
    private static let isShared = sharedData("scheduling/oncalendar.jsonl") != nil

    private func cases(_ name: String) throws -> [JSONValue] {
        let path = try #require(sharedData("scheduling/\(name)"))
        return try Files.read(path).split(separator: UInt8(ascii: "\n")).map {
            try JSON.decode(JSONValue.self, from: Array($0))
        }
    }

    /// The answers in the order of the questions.
    private func ask(_ questions: [JSONValue], _ options: String...) async throws -> [JSONValue] {
        let input = questions.map { JSON.text($0) + "\n" }.joined()
        let output = try await check(
            [Binary.path("millctl"), "schedule", "next", "--batch"] + options, input: input)
        let answers = try output.split(separator: "\n").map { try JSON.decode(JSONValue.self, from: String($0)) }
        #expect(answers.count == questions.count)
        #expect(zip(questions, answers).allSatisfy { $0["id"] == $1["id"] })
        return answers
    }

    private func question(_ value: JSONValue, kind: String, _ members: [(String, JSONValue?)]) -> JSONValue {
        .object(
            [JSONMember("id", value["id"] ?? .null), JSONMember("kind", .string(kind))]
                + members.compactMap { member in member.1.map { JSONMember(member.0, $0) } })
    }

    @Test(.enabled(if: isShared)) func calendarsRunWhenSystemdSays() async throws {
        let cases = try cases("oncalendar.jsonl")
        let answers = try await ask(
            cases.map {
                question(
                    $0, kind: "oncalendar",
                    [
                        ("spec", $0["spec"]), ("zone", $0["environment_zone"]), ("after", $0["base_utc"]),
                        ("count", 6),
                    ])
            })
        for (value, answer) in zip(cases, answers) {
            #expect((answer["error"] == nil) == (value["valid"] == true), "\(value)")
            guard value["valid"] == true else { continue }
            if let normalized = value["normalized"], !normalized.isNull {
                #expect(answer["normalized"] == normalized)
            }
            if let next = value["next_utc"], !next.isNull { #expect(answer["next"] == next, "\(value)") }
        }
    }

    @Test(.enabled(if: isShared)) func calendarsRunAsSystemdsOwnTestsExpect() async throws {
        let cases = try cases("oncalendar_published_next.jsonl")
        func text(_ microseconds: JSONValue?) -> JSONValue? {
            guard let number = microseconds?.intValue else { return nil }
            let second = Timestamp(milliseconds: Int64(number / 1_000_000) * 1000).description.prefix(19)
            let fraction = String(number % 1_000_000 + 1_000_000).dropFirst()
            return .string(second + (number % 1_000_000 == 0 ? "Z" : ".\(fraction)Z"))
        }
        let answers = try await ask(
            cases.map {
                question(
                    $0, kind: "oncalendar",
                    [
                        ("spec", $0["spec"]), ("zone", $0["environment_zone"]), ("after", text($0["after_usec"])),
                        ("count", 1),
                    ])
            }, "--zone", "UTC")
        for (value, answer) in zip(cases, answers) {
            #expect(answer["next"]?.elements == (text(value["expect_usec"]).map { [$0] } ?? []), "\(value)")
        }
    }

    @Test(.enabled(if: isShared)) func spansAreReadAndWrittenAsSystemdDoes() async throws {
        let cases = try cases("timespan.jsonl")
        let answers = try await ask(cases.map { question($0, kind: "timespan", [("spec", $0["text"])]) })
        for (value, answer) in zip(cases, answers) {
            #expect((answer["error"] == nil) == (value["valid"] == true), "\(value)")
            guard value["valid"] == true else { continue }
            #expect(answer["normalized"] == value["human"] && answer["usec"] == value["usec"], "\(value)")
        }
    }

    @Test(.enabled(if: isShared), arguments: [("cron_next.jsonl", "cron"), ("cron_seconds_first.jsonl", "cron6")])
    func cronRunsAsTheDaemonAndTheLibrariesSay(file: String, kind: String) async throws {
        let cases = try cases(file)
        let answers = try await ask(
            cases.map {
                question(
                    $0, kind: kind,
                    [("spec", $0["expr"]), ("zone", $0["zone"]), ("after", $0["base"]), ("count", 6)])
            })
        for (value, answer) in zip(cases, answers) where value["class"] != "disputed" {
            switch value["result"]?.stringValue {
            case "runs": #expect(answer["next"] == value["next_utc"], "\(value)")
            case "invalid": #expect(answer["error"] != nil, "\(value)")
            default: #expect(answer["error"] != nil || answer["next"] == [], "\(value)")
            }
        }
    }

    /// A run at the first time that is left out, and at the first that comes twice, under each rule.
    @Test(.enabled(if: isShared)) func everyClockChangeObeysTheChosenRule() async throws {
        let changes = try cases("tz_transitions.jsonl").filter { $0["kind"] != "none" }
        var questions: [JSONValue] = []
        var expected: [JSONValue] = []
        for change in changes {
            let at = try #require(change["at_utc"]?.stringValue.flatMap { Timestamp($0) })
            let wall = try #require(change["local_from"]?.stringValue)
            let (before, after) = (
                try #require(change["offset_before"]?.intValue), try #require(change["offset_after"]?.intValue)
            )
            func text(_ time: Timestamp) -> JSONValue { .string(time.description.prefix(19) + "Z") }
            func ask(_ rule: String, _ word: String, _ runs: [Timestamp]) {
                questions.append(
                    .object([
                        JSONMember("id", .number("\(questions.count)")), JSONMember("kind", "oncalendar"),
                        JSONMember("spec", .string(wall.replacing("T", with: " "))),
                        JSONMember("zone", change["zone"]!), JSONMember("after", text(at - .seconds(200_000))),
                        JSONMember("count", 3), JSONMember(rule, .string(word)),
                    ]))
                expected.append(.array(runs.map(text)))
            }
            if change["kind"] == "gap" {
                ask("gap", "skip", [])
                ask("gap", "after", [at])
                ask("gap", "shift", [at])
            } else {
                let first = at - .seconds(before - after)
                ask("overlap", "first", [first])
                ask("overlap", "last", [at])
                ask("overlap", "both", [first, at])
            }
        }
        let answers = try await ask(questions)
        for (index, answer) in answers.enumerated() {
            #expect(answer["next"] == expected[index], "\(questions[index])")
        }
    }

    @Test func aBadLineHarmsNoOther() async throws {
        let good = #"{"id":1,"kind":"cron","spec":"0 9 * * *","zone":"UTC","after":"2026-01-01T00:00:00Z","count":1}"#
        let input = """
            \(good)
            {"id":"two","kind":"cron","spec":"0 99 * * *"}
            {"id":3,"kind":"sundial","spec":"noon"}
            {"id":4,"kind":"cron"}
            not JSON

            {"id":5,"kind":"oncalendar","spec":"daily","zone":"Europe/Berlni"}
            {"id":6,"kind":"oncalendar","spec":"daily","count":20000}
            {"id":7,"kind":"cron","spec":"\(String(repeating: "1,", count: 40_000))1 * * * *"}
            \(good)
            """
        let output = try await check([Binary.path("millctl"), "schedule", "next", "--batch"], input: input)
        let lines = output.split(separator: "\n").map(String.init)
        try #require(lines.count == 9)
        let run = #"{"id":1,"normalized":"0 9 * * *","next":["2026-01-01T09:00:00Z"]}"#
        #expect(lines.first == run && lines.last == run, "without a line end too")
        #expect(lines[1].hasPrefix(#"{"id":"two","error":"column 3: hour 99"#), "\(lines[1])")
        #expect(lines[2].contains("sundial") && lines[3].contains("spec"))
        #expect(lines[4].hasPrefix(#"{"id":null,"error":"#))
        #expect(lines[5].contains("Europe/Berlin"), "the near miss is named")
        #expect(lines[6].contains("20000") && lines[7].contains("longer than"))
    }

    @Test func oneRuleIsShownWithTheNextClockChanges() async throws {
        let output = try await check([
            Binary.path("millctl"), "schedule", "next", "--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--after",
            "2026-03-28 12:00", "--count", "2", "--json",
        ])
        let answer = try JSON.decode(JSONValue.self, from: output)
        #expect(answer["next"] == ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
        #expect(answer["changes"]?[0]?["effect"] == "moved" && answer["changes"]?[1]?["effect"] == "first")
        let wrong = try await run([Binary.path("millctl"), "schedule", "next", "--on-calendar", "Mon 9:75"])
        #expect(wrong.status == 65)
        #expect(wrong.errors.contains("column 7"), "\(wrong.errors)")
        #expect(
            try await run([Binary.path("millctl"), "schedule", "next", "--cron", "* * * * *", "--seconds"]).status == 65
        )
        #expect(try await run([Binary.path("millctl"), "schedule", "next"]).status == 64)
    }
}
