import JSONCodec

/// Texts in one buffer: for lists that are too long to have an object for each text.
///
/// Two are equal when their bytes are; canonical equivalence of Unicode plays no part.
public struct TextList: Sendable, Hashable {
    /// All texts, one behind the other, in UTF-8.
    @usableFromInline private(set) var bytes: [UInt8] = []
    /// Where each text ends.
    @usableFromInline private(set) var ends: [Int] = []

    public init() {}

    public init(_ texts: some Sequence<String>) {
        for text in texts { append(text) }
    }

    public mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        ends.append(bytes.count)
    }

    /// Calls `body` with the place and the UTF-8 of each text, until it says that it has seen enough.
    @inlinable
    public func scan(_ body: (Int, UnsafeBufferPointer<UInt8>) -> Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for (place, end) in ends.enumerated() {
                guard body(place, UnsafeBufferPointer(rebasing: bytes[start..<end])) else { return }
                start = end
            }
        }
    }

    /// Bytes of one text.
    @inlinable
    public func length(at place: Int) -> Int { ends[place] - (place == 0 ? 0 : ends[place - 1]) }
}

extension TextList: RandomAccessCollection {
    public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { ends.count }

    public subscript(place: Int) -> String {
        String(decoding: bytes[(place == 0 ? 0 : ends[place - 1])..<ends[place]], as: UTF8.self)
    }
}

extension TextList: ExpressibleByArrayLiteral {
    public init(arrayLiteral texts: String...) {
        self.init(texts)
    }
}

extension TextList: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var list = TextList()
        try json.array { json throws(JSONError) in
            try json.string(appendingTo: &list.bytes)
            list.ends.append(list.bytes.count)
        }
        self = list
    }

    public func encode(to json: inout JSONWriter) {
        json.array { json in
            scan { _, text in
                json.string(utf8: text)
                return true
            }
        }
    }
}
