/// Splits a byte stream into frames as the bytes arrive, however they are cut.
///
/// It holds no more than what has really arrived: a header that promises 16 MiB reserves nothing. After an error every
/// further call throws the same error.
public struct FrameDecoder: Sendable {
    public let maximumLength: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var failure: FrameError?

    /// Capacity kept for the next frame once the buffer has run empty.
    private static let keptCapacity = 64 << 10

    public init(maximumLength: Int = Frame.defaultMaximumLength) {
        self.maximumLength = maximumLength
    }

    /// Bytes of an unfinished frame, its header included.
    public var buffered: Int { buffer.count - start }

    /// What the buffer could hold without growing.
    var capacity: Int { buffer.capacity }

    public mutating func append(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    /// The payload of the next complete frame, or nil when more bytes are needed.
    public mutating func next() throws(FrameError) -> [UInt8]? {
        guard let payload = try nextRange() else { return nil }
        let frame = Array(buffer[payload])
        start = payload.upperBound
        compact()
        return frame
    }

    /// Takes `bytes` and hands over the payload of every frame complete with them, without copying those that lie
    /// whole in `bytes`. `body` sees each payload only while it runs and may end the walk by returning false.
    public mutating func consume(_ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Bool) throws(FrameError) {
        guard start == buffer.count, failure == nil else { return try consumeBuffered(bytes, body) }
        var position = 0
        while bytes.count - position >= Frame.headerLength {
            var length = 0
            for index in position..<position + Frame.headerLength { length = length << 8 | Int(bytes[index]) }
            try check(length)
            let payload = position + Frame.headerLength
            guard bytes.count - payload >= length else { break }
            position = payload + length
            guard body(bytes.extracting(payload..<position)) else { return }
        }
        if position < bytes.count { keep(bytes.extracting(position..<bytes.count)) }
    }

    private mutating func consumeBuffered(_ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Bool) throws(FrameError) {
        keep(bytes)
        while let payload = try nextRange() {
            start = payload.upperBound
            guard body(buffer.span.extracting(payload)) else { break }
        }
        compact()
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { buffer.append(contentsOf: $0) }
    }

    /// Where the next complete payload lies in the buffer.
    private mutating func nextRange() throws(FrameError) -> Range<Int>? {
        if let failure { throw failure }
        guard buffered >= Frame.headerLength else { return nil }
        var length = 0
        for index in start..<start + Frame.headerLength { length = length << 8 | Int(buffer[index]) }
        try check(length)
        let payload = start + Frame.headerLength
        guard buffer.count - payload >= length else { return nil }
        return payload..<payload + length
    }

    private mutating func check(_ length: Int) throws(FrameError) {
        let error: FrameError
        switch length {
        case 1...maximumLength: return
        case 0: error = .empty
        default: error = .tooLong(length: length, limit: maximumLength)
        }
        failure = error
        buffer = []
        start = 0
        throw error
    }

    private mutating func compact() {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacity)
            start = 0
        } else if start > buffer.count / 2 {
            buffer.removeSubrange(..<start)
            start = 0
        }
    }
}
