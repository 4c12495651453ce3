/// Cuts a stream of bytes into lines. A line too long is cut into several, so that memory stays bounded.
struct LineCutter: Sendable {
    static let longest = 8192

    private var rest: [UInt8] = []

    /// Takes bytes as they come and hands out each whole line without its end.
    mutating func append(_ bytes: UnsafeRawBufferPointer, line: (ArraySlice<UInt8>) -> Void) {
        var next = bytes[...]
        while !next.isEmpty {
            let end = next.firstIndex(of: UInt8(ascii: "\n"))
            var part = next[..<(end ?? next.endIndex)]
            while rest.count + part.count > Self.longest {
                let room = Self.longest - rest.count
                rest += part.prefix(room)
                part = part.dropFirst(room)
                hand(to: line)
            }
            rest += part
            guard let end else { return }
            if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
            hand(to: line)
            next = next[(end + 1)...]
        }
    }

    /// Hands out what stood after the last line end.
    mutating func finish(line: (ArraySlice<UInt8>) -> Void) {
        if !rest.isEmpty { hand(to: line) }
    }

    private mutating func hand(to line: (ArraySlice<UInt8>) -> Void) {
        line(rest[...])
        rest.removeAll(keepingCapacity: true)
    }
}
