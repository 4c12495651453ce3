import TestSupport
import Testing

@testable import MillraceProtocol

@Suite struct FrameDecoderTests {
    private let payloads = ["{}", #"{"jsonrpc":"2.0"}"#, "7", String(repeating: "x", count: 70_000), "[]"]
        .map { Array($0.utf8) }
    private let stream: [UInt8]

    init() {
        stream = payloads.flatMap(Frame.encode)
    }

    /// Feeds `stream` in the given pieces by both ways in; they must agree.
    private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int = Frame.defaultMaximumLength) throws -> [[UInt8]] {
        var pulling = FrameDecoder(maximumLength: limit), pushing = FrameDecoder(maximumLength: limit)
        var pulled: [[UInt8]] = [], pushed: [[UInt8]] = []
        for piece in pieces {
            pulling.append(piece)
            while let frame = try pulling.next() { pulled.append(frame) }
            try pushing.consume(piece.span) { frame in
                pushed.append(frame.withUnsafeBufferPointer { Array($0) })
                return true
            }
        }
        #expect(pulled == pushed)
        #expect(pulling.buffered == pushing.buffered)
        return pulled
    }

    @Test func takesFramesOneByteAtATime() throws {
        #expect(try decode(stream.indices.map { stream[$0...$0] }) == payloads)
    }

    @Test func takesManyFramesAtOnce() throws {
        #expect(try decode([stream[...]]) == payloads)
    }

    @Test func takesTwoFramesThatAreCutAnywhere() throws {
        let short = Array(Frame.encode(payloads[0]) + Frame.encode(payloads[1]))
        for cut in 0...short.count {
            #expect(try decode([short[..<cut], short[cut...]]) == Array(payloads[0...1]), "cut at \(cut)")
        }
    }

    @Test func takesFramesCutAtRandom() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<50 {
            let cuts = (0..<Int.random(in: 1...20, using: &random))
                .map { _ in Int.random(in: 0...stream.count, using: &random) }.sorted()
            let pieces = zip([0] + cuts, cuts + [stream.count]).map { stream[$0..<$1] }
            #expect(try decode(pieces) == payloads)
        }
    }

    @Test func keepsWhatIsUnfinished() throws {
        var decoder = FrameDecoder()
        decoder.append([0, 0, 0, 3, 0x31, 0x32])
        #expect(try decoder.next() == nil)
        #expect(decoder.buffered == 6)
    }

    @Test func aPromiseOfSixteenMebibytesReservesNothing() throws {
        var decoder = FrameDecoder()
        try decoder.consume([1, 0, 0, 0, 0x5B].span) { _ in true }
        #expect(decoder.capacity < 100)
        try decoder.consume([UInt8](repeating: 0x5B, count: 10_000).span) { _ in true }
        #expect(decoder.capacity < 40_000)
    }

    @Test func aLongFrameIsNotRememberedByItsBuffer() throws {
        var decoder = FrameDecoder()
        let frame = Frame.encode([UInt8](repeating: 0x20, count: 1 << 20))
        for piece in [frame[..<1000], frame[1000...]] { try decoder.consume(piece.span) { _ in true } }
        #expect(decoder.capacity <= 64 << 10)
    }

    @Test func refusesAFrameOfNoBytes() {
        #expect(throws: FrameError.empty) { try decode([[0, 0, 0, 0][...]]) }
    }

    @Test func refusesAFrameAboveTheLimitByItsHeaderAlone() {
        #expect(throws: FrameError.tooLong(length: 101, limit: 100)) { try decode([[0, 0, 0, 101][...]], limit: 100) }
        #expect(throws: FrameError.tooLong(length: 0x4745_5420, limit: 1 << 24)) {
            try decode([Array("GET / HTTP".utf8)[...]])
        }
    }

    @Test func takesAFrameOfExactlyTheLimit() throws {
        let payload = [UInt8](repeating: 0x20, count: 100)
        #expect(try decode([Frame.encode(payload)[...]], limit: 100) == [payload])
    }

    @Test func givesTheFramesBeforeOneThatIsRefused() {
        var decoder = FrameDecoder(maximumLength: 10)
        var frames: [[UInt8]] = []
        #expect(throws: FrameError.empty) {
            try decoder.consume((Frame.encode([0x31]) + [0, 0, 0, 0]).span) { frame in
                frames.append(frame.withUnsafeBufferPointer { Array($0) })
                return true
            }
        }
        #expect(frames == [[0x31]])
    }

    @Test func staysRefusedAfterAnError() {
        var decoder = FrameDecoder()
        decoder.append([0, 0, 0, 0])
        #expect(throws: FrameError.empty) { try decoder.next() }
        decoder.append(Frame.encode([0x31]))
        #expect(throws: FrameError.empty) { try decoder.next() }
        #expect(throws: FrameError.empty) { try decoder.consume([0x31].span) { _ in true } }
    }

    @Test func aRefusalNamesTheLimit() {
        let face = FrameError.tooLong(length: 101, limit: 100).rpcError
        #expect(face.reason == "limit.frame")
        #expect(face.status == .resourceExhausted)
        #expect(face.message.contains("100"))
    }
}
