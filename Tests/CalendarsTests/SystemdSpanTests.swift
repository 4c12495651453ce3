import JSONCodec
import TestSupport
import Testing

@testable import Calendars

struct SystemdSpanTests {
    @Test(.enabled(if: sharedData("scheduling/timespan.jsonl") != nil, "shared data not there"))
    func readsAndWritesAsSystemdDoes() throws {
        for value in try cases("timespan.jsonl") {
            let text = value.text("text")
            guard value["valid"] == true else {
                #expect(throws: ExpressionError.self, "\(value.text("id")): \(text)") { try SystemdSpan(text) }
                continue
            }
            let span = try SystemdSpan(text)
            #expect(
                span.microseconds == value["usec"]?.numberText.flatMap { UInt64($0) }, "\(value.text("id")): \(text)")
            #expect(span.description == value.text("human"), "\(value.text("id")): \(text)")
        }
    }

    @Test func infinityStandsAlone() throws {
        #expect(try SystemdSpan(" infinity ").isInfinite)
        #expect(SystemdSpan.infinity.description == "infinity")
        #expect(throws: ExpressionError.self) { try SystemdSpan("infinity 1s") }
    }

    @Test(arguments: [
        ("5 parsecs", 3, "“p” instead of a number"), ("1h -5min", 4, "a span is never negative"),
        ("12.34.56", 6, "“.” is no unit"), ("1. h", 2, "no digits after the point"),
        ("", 1, "the end instead of a number"),
        ("1h 99999999999y", 4, "the span is too long"),
    ])
    func errorsPointAtTheCharacter(text: String, column: Int, problem: String) {
        let error = #expect(throws: ExpressionError.self) { try SystemdSpan(text) }
        #expect(error?.column == column)
        #expect(error?.problem == problem)
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<2000 {
            let span = SystemdSpan(
                microseconds: UInt64.random(in: 0...UInt64(1) << UInt64.random(in: 1...63), using: &random))
            #expect(try SystemdSpan(span.description) == span)
        }
    }
}
