import Testing

@testable import RunnerService

@Suite struct LineCutterTests {
    private static let text =
        "one\r\n\ntwo\nthree\r\n" + String(repeating: "x", count: LineCutter.longest) + "\nlast"
    private static let lines = [
        "one", "", "two", "three", String(repeating: "x", count: LineCutter.longest), "last",
    ]

    @Test(arguments: [1, 2, 3, 100, 8191, 8192, 8193, 100_000])
    func linesAreTheSameHoweverTheyCome(step: Int) {
        #expect(cut(Array(Self.text.utf8), step) == Self.lines)
    }

    @Test(arguments: [1, 4096, 100_000])
    func aLineTooLongIsCutIntoSeveral(step: Int) {
        let text = String(repeating: "a", count: 20_000) + "\nb\n"
        let lines = cut(Array(text.utf8), step)
        #expect(lines.map(\.utf8.count) == [8192, 8192, 3616, 1])
    }

    @Test func bytesThatAreNoTextAreKept() {
        var lines: [[UInt8]] = []
        var cutter = LineCutter()
        ([0xFF, 0x00, 0xFE, 0x0A, 0x80] as [UInt8]).withUnsafeBytes {
            cutter.append($0) { lines.append(Array($0)) }
        }
        #expect(lines == [[0xFF, 0x00, 0xFE]])
        cutter.finish { lines.append(Array($0)) }
        #expect(lines.last == [0x80])
    }

    private func cut(_ bytes: [UInt8], _ step: Int) -> [String] {
        var lines: [String] = []
        var cutter = LineCutter()
        for start in stride(from: 0, to: bytes.count, by: step) {
            bytes[start..<min(bytes.count, start + step)].withUnsafeBytes { chunk in
                cutter.append(chunk) { lines.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        cutter.finish { lines.append(String(decoding: $0, as: UTF8.self)) }
        return lines
    }
}
