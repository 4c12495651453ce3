import Foundation
import FoundationXML
import Plots
import Testing

struct PlotTests {
    static let start = 1_795_219_200.0  // 2026-11-21T00:00:00Z

    func points(_ values: [Double], step: Double = 60) -> [LinePlot.Point] {
        values.enumerated().map { LinePlot.Point(Self.start + Double($0) * step, $1) }
    }

    func isXML(_ text: String) throws -> XMLDocument { try XMLDocument(xmlString: text) }

    @Test func pictureIsXMLThatSaysWhatItShows() throws {
        var plot = LinePlot(
            "Jobs <a minute> & \"more\"", [.init("done", points([1, 5, 3])), .init("failed", points([0, 1, 0]))])
        plot.limits = [("too many", 4)]
        for alone in [true, false] {
            let root = try #require(try isXML(plot.svg(standsAlone: alone)).rootElement())
            #expect(try root.nodes(forXPath: "@role").first?.stringValue == "img")
            let label = try root.nodes(forXPath: "@aria-label").first?.stringValue
            #expect(label == "Jobs <a minute> & \"more\": done 3 now, at most 5; failed 0 now, at most 1")
            #expect(try root.nodes(forXPath: "//*[local-name()='path']").count == 2)
            #expect(try root.nodes(forXPath: "//*[@class='plot-limit']").count == 1)
        }
        #expect(plot.svg(standsAlone: true).contains("prefers-color-scheme:dark"))
        #expect(!plot.svg().contains("<style"))
    }

    /// Beside the title where there is room, else below the picture, which grows: no name lies over another or is cut.
    @Test(
        arguments: [
            (["done", "failed"], 220), (Array(repeating: "instance=0 service=categorizer", count: 5), 274),
        ] as [([String], Double)])
    func namesOfLinesLieNowhereOverTheTitleOrEachOther(_ names: [String], _ height: Double) throws {
        let svg = LinePlot("process_memory_bytes", names.map { .init($0, points([1, 2])) }).svg(standsAlone: true)
        let root = try #require(try isXML(svg).rootElement())
        #expect(try root.nodes(forXPath: "@height").first?.stringValue.flatMap(Double.init) == height)
        let texts = try root.nodes(forXPath: "//*[local-name()='g']/*[local-name()='text']").compactMap {
            $0 as? XMLElement
        }
        #expect(texts.count == names.count)
        var taken: [String: Double] = ["14": Double("process_memory_bytes".count) * 7]
        for text in texts {
            let y = try #require(try text.nodes(forXPath: "@y").first?.stringValue)
            let x = try #require(try text.nodes(forXPath: "@x").first?.stringValue.flatMap(Double.init))
            #expect(x >= taken[y, default: 0])
            taken[y] = x + Double(text.stringValue?.count ?? 0) * 6
            #expect(taken[y]! <= 640)
        }
    }

    @Test func gapsInterruptTheLineAndBandsAreDrawn() throws {
        let far = points([1, 2]) + [LinePlot.Point(Self.start + 1000, 3, range: 1...4)]
        let svg = LinePlot("x", [.init("x", far)]).svg()
        #expect(svg.components(separatedBy: "plot-line").count == 3)
        #expect(svg.components(separatedBy: "plot-band").count == 2)
    }

    @Test(arguments: [[], [.nan], [0], [-5, 5], [1e-9, 1e12], [.infinity, 1]] as [[Double]])
    func anyValuesAreDrawn(_ values: [Double]) throws {
        let svg = LinePlot("x", [.init("x", points(values))]).svg()
        _ = try isXML(svg)
        _ = try isXML(Sparkline.svg(values, name: "x"))
        #expect(!svg.contains("nan"))
        #expect(!svg.contains("inf\""))
        #expect(values.contains(where: \.isFinite) || svg.contains("nothing yet"))
    }

    @Test(
        arguments: [
            (0, "0"), (0.01234, "0.0123"), (1, "1"), (4.5, "4.5"), (12.34, "12.3"), (999.4, "999"), (999.6, "1k"),
            (12_345, "12.3k"),
            (3.4e6, "3.4M"), (-1500, "-1.5k"), (.nan, "–"), (1e15, "1000T"),
        ] as [(Double, String)])
    func numbersAreShort(_ value: Double, _ text: String) {
        #expect(ShortText.number(value) == text)
    }

    @Test(
        arguments: [
            (0, "0 s"), (0.00085, "850 µs"), (0.012, "12 ms"), (0.9996, "1 s"), (3.41, "3.41 s"), (120, "2 min"),
            (7200, "2 h"),
            (9000, "2.5 h"), (260_000, "3 d"),
        ] as [(Double, String)])
    func durationsAreShort(_ value: Double, _ text: String) {
        #expect(ShortText.seconds(value) == text)
    }

    @Test func bytesAndTimesAreShort() {
        #expect(ShortText.bytes(512) == "512 B")
        #expect(ShortText.bytes(31_200_000) == "31.2 MB")
        #expect(ShortText.bytes(2048) == "2.05 kB")
        #expect(ShortText.time(Self.start + 13 * 3600 + 300, over: 3600) == "13:05")
        #expect(ShortText.time(Self.start + 7, over: 60) == "00:00:07")
        #expect(ShortText.time(Self.start, over: 30 * 86_400) == "21 Nov")
        #expect(ShortText.time(951_782_400, over: 30 * 86_400) == "29 Feb")
    }

    @Test func terminalLineHasOneCharacterForEachValue() {
        #expect(Sparkline.text([0, 1, 4, nil, 8]) == "▁▁▄ █")
        #expect(Sparkline.text([0, 0]) == "▁▁")
        #expect(Sparkline.text([]) == "")
    }
}
