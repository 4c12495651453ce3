/// Cuts a stream of bytes into lines. A line too long is cut into several, so that memory stays bounded.
struct LineSplitter: Sendable {
    static let longestLine = 64 * 1024

    private var rest: [UInt8] = []

    init() {}

    /// Takes bytes as they come and hands out each whole line without its end.
    mutating func append(_ bytes: some Sequence<UInt8>, line: (String) -> Void) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
                hand(to: line)
            } else {
                rest.append(byte)
                if rest.count >= Self.longestLine { hand(to: line) }
            }
        }
    }

    /// Hands out what stood after the last line end.
    mutating func finish(line: (String) -> Void) {
        if !rest.isEmpty { hand(to: line) }
    }

    private mutating func hand(to line: (String) -> Void) {
        line(String(decoding: rest, as: UTF8.self))
        rest.removeAll(keepingCapacity: true)
    }
}
