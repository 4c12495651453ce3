/// Numbers and texts as bytes, little endian; a list begins with its length in 32 bits.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Float) { put(value.bitPattern) }

    mutating func put(_ text: String) {
        put(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ values: [UInt64]) {
        put(UInt32(values.count))
        for value in values { put(value) }
    }

    mutating func put(_ values: [Float]) {
        put(UInt32(values.count))
        for value in values { put(value) }
    }

    mutating func put(_ lanes: [LinearLayer.Lane]) {
        put(UInt32(lanes.count))
        bytes.reserveCapacity(bytes.count + lanes.count * 32)
        for lane in lanes { for place in 0..<8 { put(lane[place]) } }
    }

    /// FNV-1a of 64 bits.
    static func check(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBufferPointer { bytes in
            bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
    }
}

/// Reads what ``ByteWriter`` wrote; nil where there is less than what was asked for.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    var isAtEnd: Bool { place == bytes.endIndex }

    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = Number.bitWidth / 8
        guard bytes.endIndex - place >= size else { return nil }
        let start = place - bytes.startIndex
        place += size
        return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self)) }
    }

    mutating func float() -> Float? { integer(UInt32.self).map { Float(bitPattern: $0) } }

    mutating func text() -> String? {
        guard let count = integer(UInt32.self).map({ Int($0) }), bytes.endIndex - place >= count else { return nil }
        defer { place += count }
        return String(validating: bytes[place..<(place + count)], as: UTF8.self)
    }

    /// Each element takes at least one byte: a length beyond what is left is refused before room is made.
    mutating func list<Element>(_ element: (inout ByteReader) -> Element?) -> [Element]? {
        guard let count = integer(UInt32.self).map({ Int($0) }), count <= bytes.endIndex - place else { return nil }
        var list: [Element] = []
        list.reserveCapacity(count)
        for _ in 0..<count {
            guard let next = element(&self) else { return nil }
            list.append(next)
        }
        return list
    }

    mutating func words<Number: FixedWidthInteger>(_ type: Number.Type) -> [Number]? {
        list { $0.integer(Number.self) }
    }
    mutating func floats() -> [Float]? { list { $0.float() } }

    mutating func lanes() -> [LinearLayer.Lane]? {
        list { reader in
            var lane = LinearLayer.Lane.zero
            for place in 0..<8 {
                guard let value = reader.float() else { return nil }
                lane[place] = value
            }
            return lane
        }
    }
}
