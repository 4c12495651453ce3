extension JSONReader {
    /// Passes over one value. It is checked like any other, except that members may appear twice.
    public mutating func skip() throws(JSONError) {
        var containers = ContainerStack()
        var index = bytes.spaceEnd(from: position)
        while true {
            guard index < bytes.count else { throw noValue(at: index) }
            switch bytes[index] {
            case .quote:
                index = try bytes.scanString(from: index + 1).end
            case .minus, .zero ... .nine:
                index = try bytes.scanNumber(from: index)
            case let opening where opening == .braceOpen || opening == .bracketOpen:
                if depth + containers.count >= limits.depth { throw tooDeep(at: index) }
                index = bytes.spaceEnd(from: index + 1)
                // The closing byte follows the opening one by two in ASCII, for both pairs.
                if index < bytes.count, bytes[index] == opening + 2 {
                    index += 1
                } else {
                    containers.push(isObject: opening == .braceOpen)
                    if opening == .braceOpen { index = try scanName(at: index) }
                    continue
                }
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
                index = try bytes.scanLiteral(at: index)
            default:
                throw noValue(at: index)
            }

            // A value has ended; so may the objects and arrays that it is the last part of.
            while true {
                if containers.isEmpty {
                    position = index
                    return
                }
                index = bytes.spaceEnd(from: index)
                guard index < bytes.count else { throw .syntax("the text ends inside a value", at: index) }
                let byte = bytes[index]
                if byte == .comma {
                    index = bytes.spaceEnd(from: index + 1)
                    if containers.isObject { index = try scanName(at: index) }
                    break
                }
                guard byte == (containers.isObject ? .braceClose : .bracketClose) else {
                    throw .syntax("expected a comma or the end", at: index)
                }
                containers.pop()
                index += 1
            }
        }
    }

    /// Passes over one value like ``skip()``; its bytes in the input, without the white space around it.
    public mutating func rawRange() throws(JSONError) -> Range<Int> {
        skipSpace()
        let start = position
        try skip()
        return start..<position
    }

    /// Copies one value as it is written; checked like ``skip()``.
    public mutating func raw() throws(JSONError) -> JSONRaw {
        let range = try rawRange()
        let source = bytes.extracting(range)
        return JSONRaw(unchecked: source.withUnsafeBufferPointer { Array($0) })
    }

    /// The offset of the value whose member name stands at `start`.
    @inline(__always)
    private func scanName(at start: Int) throws(JSONError) -> Int {
        guard start < bytes.count, bytes[start] == .quote else { throw .syntax("expected a member name", at: start) }
        let colon = bytes.spaceEnd(from: try bytes.scanString(from: start + 1).end)
        guard colon < bytes.count, bytes[colon] == .colon else { throw .syntax("expected a colon", at: colon) }
        return bytes.spaceEnd(from: colon + 1)
    }
}

/// Which of the open containers are objects, a bit each; sixty-four of them without allocating.
private struct ContainerStack {
    private(set) var count = 0
    private var top: UInt64 = 0
    private var below: [UInt64] = []

    var isEmpty: Bool { count == 0 }
    /// Whether the innermost is an object.
    var isObject: Bool { top & 1 == 1 }

    mutating func push(isObject: Bool) {
        if count != 0, count % 64 == 0 { below.append(top) }
        top = top << 1 | (isObject ? 1 : 0)
        count += 1
    }

    mutating func pop() {
        count -= 1
        top >>= 1
        if count != 0, count % 64 == 0 { top = below.removeLast() }
    }
}
