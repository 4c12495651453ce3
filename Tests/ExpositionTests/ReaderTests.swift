import Exposition
import ExpositionReading
import TestSupport
import Testing

@Suite(.enabled(if: sharedData("metrics") != nil, "shared data not there"))
struct ReaderTests {
    /// What this project never writes and this reader does not understand.
    static func isForeign(_ one: ExpositionCase) -> Bool {
        one.name.contains("utf8") || one.name.contains("complex_name") || one.name.contains("native")
            || one.text.contains("{\"")
    }

    @Test func thereAreCases() {
        #expect(ExpositionCase.all.count == 187)
        #expect(ExpositionCase.all.filter(Self.isForeign).count < 15)
        #expect(PromtoolCase.all.count == 51)
    }

    @Test(arguments: ExpositionCase.all.filter { !isForeign($0) })
    func verdictIsThatOfTheCollectedCases(_ one: ExpositionCase) {
        let reader = ExpositionReader.read(Array(one.text.utf8), one.format == "openmetrics" ? .openMetrics : .text)
        // The checker speaks of contradictions that parsers let pass.
        let strict = ["test_spaces", "test_commas", "test_timestamps", "parse_2", "parse_3"].contains {
            one.name.hasSuffix($0)
        }
        if one.should_parse, !strict {
            #expect(reader.problems.isEmpty)
        } else if !one.should_parse {
            #expect(!reader.problems.isEmpty)
        }
        guard one.should_parse, let families = one.families else { return }
        for family in families {
            let found = reader.families.first { $0.name == family.name || $0.name == family.name + "_total" }
            #expect(found?.help == family.help, "\(family.name)")
        }
    }

    /// What promtool lets pass and we do not.
    static let stricter: Set<String> = [
        "duplicate series", "duplicate family apart", "histogram not cumulative", "histogram count differs from +Inf",
        "histogram buckets out of order", "summary quantile out of range", "negative counter", "OpenMetrics end marker",
    ]

    @Test(arguments: PromtoolCase.all)
    func findsWhatPromtoolFindsAndMore(_ one: PromtoolCase) {
        let problems = ExpositionReader.read(Array(one.text.utf8), .text).problems
        let isWrong = one.promtool_exit == 1 || Self.stricter.contains(one.name)
        #expect(problems.isEmpty == !isWrong, "\(problems)")
    }

    @Test func realScrapeHasNoProblems() throws {
        let path = try #require(sharedData("metrics/node_exporter_sample.prom"))
        let reader = ExpositionReader.read(try #require(contents(of: path)), .text)
        #expect(reader.problems.isEmpty)
        #expect(reader.families.count > 300)
    }

    @Test(arguments: [
        ("# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_sum 1\na_count 1\n# EOF\n", "+Inf"),
        (
            "# TYPE a histogram\na_bucket{le=\"1.0\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n# EOF\n",
            "cumulative"
        ),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n# EOF\n", "but the bucket"),
        ("# TYPE a histogram\na_sum 1\na_count 2\n# EOF\n", "buckets"),
        ("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"1\"} 1\n# EOF\n", "again"),
        ("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"1\"} 1\n# EOF\n", "one place"),
        ("# TYPE a gauge\na 1\n", "# EOF"),
    ])
    func namesTheContradiction(_ text: String, _ word: String) {
        let problems = ExpositionReader.read(Array(text.utf8), .openMetrics).problems
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains(word) ?? false, "\(problems)")
    }

    @Test func cutAndBrokenTextsAreReadWithoutHarm() {
        let whole = ExpositionWriter.bytes(everyKind(), .openMetrics)
        var random = SeededGenerator(seed: 4)
        for cut in stride(from: 0, to: whole.count - 1, by: 37) {
            #expect(!ExpositionReader.read(Array(whole[..<cut]), .openMetrics).problems.isEmpty)
        }
        for _ in 0..<300 {
            var broken = whole
            for _ in 0..<3 {
                broken[Int.random(in: 0..<broken.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = ExpositionReader.read(broken, .openMetrics)
            _ = ExpositionReader.read(broken, .text)
        }
    }
}
