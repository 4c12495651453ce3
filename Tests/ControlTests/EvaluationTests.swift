import JSONCodec
import Linux
import TestSupport
import Testing

@testable import Categorization
@testable import Control

struct EvaluationTests {
    private let learn = EvaluationTests.csv(
        (0..<240).map { ($0, $0 % 2 == 0 ? "Shell filling station \($0 % 7)" : "Blackwell books \($0 % 5)") })

    private static func csv(_ rows: [(Int, String)]) -> String {
        "text,label,part\n"
            + rows.map { "\($1),\($0 % 2 == 0 ? "Fuel" : "Books"),\($0 % 3 == 0 ? "a" : "b")\n" }.joined()
    }

    private func run(_ judge: String, by: String? = nil) -> EvaluationRun {
        var columns = ExpenseTable.Columns(texts: ["text"], label: "label")
        let learned = ExpenseTable(Array(learn.utf8), columns)
        columns.group = by
        let judged = ExpenseTable(Array(judge.utf8), columns).rows.map { (example: $0.example, group: $0.group) }
        return EvaluationRun(learned.examples, judged, by: by, corrections: 10, clock: SystemTime())
    }

    @Test func theDocumentHasAllFiguresAndThoseOfEachGroup() throws {
        let run = run(learn + "A shop of lamps,Lamps,c\n", by: "part")
        let document = try JSON.decode(JSONValue.self, from: JSON.text(run))
        for name in ["accuracy", "coverageAt95", "macroF1", "calibrationError", "decisionsPerSecond"] {
            #expect(document[name]?.numberText != nil, "\(name) is missing")
            let groups = document["by"]?["groups"]?.elements ?? []
            #expect(groups.map { $0["value"]?.stringValue } == ["a", "b", "c"])
            #expect(groups.allSatisfy { $0[name]?.numberText != nil }, "\(name) is missing in a group")
        }
        #expect(document["rows"]?.numberText == "241")
        #expect(document["corrections"]?["accuracyTrainedAnew"]?.numberText != nil)
        #expect(document["unknownLabels"]?.numberText == "1")
        #expect(document["learned"]?["rows"]?.numberText == "240")
        #expect(document["by"]?["column"]?.stringValue == "part")
    }

    @Test func aPersonIsShownFiguresReliabilityAndWhatWasMistaken() {
        let lines = EvaluationText.lines(run(learn + "A shop of lamps,Lamps,c\n", by: "part"), for: .pipe)
        #expect(lines.contains { $0.hasPrefix("part") && $0.contains("Accuracy") && $0.contains("Macro F1") })
        #expect(lines.contains { $0.hasPrefix("all") } && lines.contains { $0.hasPrefix("c ") })
        #expect(lines.contains { $0.contains("Never learned") && $0.contains("1 row") })
        #expect(lines.contains { $0.hasPrefix("Reliability") })
        #expect(lines.contains { $0.hasPrefix("After ") && $0.contains("trained anew") })
        #expect(lines.contains { $0.contains("Lamps") }, "what was mistaken for what")
    }

    @Test func theDrawingIsOneCurveForAllAndOneForEachGroup() {
        let svg = ReliabilityPlot(run(learn + "A shop of lamps,Lamps,<c&\n", by: "part")).svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.split(separator: "<polyline").count == 5)
        #expect(svg.contains("&lt;c&amp;"), "names are text, not marks")
    }

    @Test func theFormThatOthersScriptAgainstIsUnderstood() throws {
        let words = """
            expense evaluate --learn l.csv --judge j.csv --text supplier,narrative --label category_group \
            --amount amount --date date --by split_reason --json
            """
        let parsed = try Millctl.parseAsRoot(words.split(separator: " ").map(String.init))
        let command = try #require(parsed as? ExpenseCommand.Evaluate)
        #expect(command.texts == ["supplier", "narrative"] && command.by == "split_reason" && command.global.json)
        for (file, isDrawn) in [("curve.svg", true), ("curve.png", false)] {
            let parsed = try? Millctl.parseAsRoot(words.split(separator: " ").map(String.init) + ["--plot", file])
            #expect((parsed != nil) == isDrawn, "a drawing is SVG")
        }
    }

    @Test func whatIsJudgedIsOneFileOrTwo() {
        let words = ["expense", "evaluate", "--text", "text", "--label", "label"]
        for (more, isUnderstood) in [
            (["all.csv"], true), (["--learn", "l.csv", "--judge", "j.csv"], true), ([], false),
            (["--learn", "l.csv"], false), (["all.csv", "--judge", "j.csv"], false),
            (["all.csv", "--by", "part"], false),
        ] {
            #expect(((try? Millctl.parseAsRoot(words + more)) != nil) == isUnderstood, "\(more)")
        }
    }

    @Test(.enabled(if: Binary.exist("millctl"))) func mistakesAreToldWithTheirLinesAndStrictlyRefused() async throws {
        let folder = TemporaryDirectory()
        try Files.write(folder.file("learn.csv"), learn)
        try Files.write(folder.file("judge.csv"), "text,label,part\nShell,,a\nShell,Fuel,b\n")
        let words = [
            Binary.path("millctl"), "expense", "evaluate", "--learn", folder.file("learn.csv"), "--judge",
            folder.file("judge.csv"), "--text", "text", "--label", "label",
        ]
        let refused = try await TestSupport.run(words + ["--strict"])
        #expect(refused.ending == .exited(65))
        #expect(refused.errors.contains("judge.csv: line 2, column 7: the label is empty"))
        let taken = try await TestSupport.run(words + ["--json"])
        #expect(taken.ending == .exited(0) && taken.errors.contains("judge.csv: 1 row left out"))
        #expect(try JSON.decode(JSONValue.self, from: taken.output)["rows"]?.numberText == "1")
        let parted = try await TestSupport.run(
            [
                Binary.path("millctl"), "expense", "evaluate", folder.file("learn.csv"), "--text", "text", "--label",
                "label", "--correct", "5", "--json",
            ])
        let document = try JSON.decode(JSONValue.self, from: parted.output)
        #expect(document["by"]?["column"]?.stringValue == "split" && document["corrections"] != nil)
        let absent = try await TestSupport.run(words.map { $0 == "label" ? "lable" : $0 })
        #expect(absent.ending == .exited(65) && absent.errors.contains("did you mean label?"))
    }
}
