import JSONCodec
import TestSupport
import Testing

@testable import MillraceProtocol

@Suite struct MutationTests {
    private static let corpus: [[UInt8]] = [
        #"{"jsonrpc":"2.0","id":1,"method":"service.ping","params":{}}"#,
        #"{"jsonrpc":"2.0","id":"ä\u00e4","method":"job.submit","params":{"kind":"k","params":{"a":[1,2.5e3,-0,null]}},"meta":{"timeoutMs":100,"correlationId":"c","idempotencyKey":"i"}}"#,
        #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#,
        #"{"jsonrpc":"2.0","id":9223372036854775807,"result":[true,false,"\ud83d\ude00"]}"#,
        #"{"jsonrpc":"2.0","id":null,"error":{"code":-32008,"message":"m","data":{"status":"X","field":"a.b","retryAfterMs":5,"z":{}}}}"#,
        #"[{"jsonrpc":"2.0","id":1,"method":"a","params":[1]},7,{"jsonrpc":"2.0","method":"b"},{"id":1,"id":2}]"#,
        #"{"jsonrpc":"2.0","id":5,"method":"deep","params":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"#,
    ].map { Array($0.utf8) }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","id":1,"method":"service.ping","params":{}}"#,
        #"{"jsonrpc": "2.0", "method": "a", "params": [1, "\u00e4ö"], "id": "x", "meta": {"timeoutMs": 5}} "#,
        #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#,
        #"{"jsonrpc":"2.0","id":999999999999999999,"result":null}"#,
    ]) func theQuickReaderReadsTheUsual(_ text: String) {
        let frame = Array(text.utf8)
        let quick = Envelope.quick(frame.span, limits: Envelope.Limits())
        #expect(quick.map { .single($0) } == Envelope.parseCarefully(frame.span, limits: Envelope.Limits()))
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","id":01,"method":"a"}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","method":"a"}"#, #"{"jsonrpc":"2.0","id":1,"method":"a"}}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","params":7}"#, #"{"jsonrpc":"2.0","id":1,"method":"a","meta":7}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","result":7}"#, #"{"jsonrpc":"2.0","id":1e2,"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a",}"#, #"{"jsonrpc":"2.1","id":1,"method":"a"}"#, "{", "", "[]",
        #"{"jsonrpc":"2.0","id":9999999999999999999,"method":"a"}"#,
    ]) func theQuickReaderLeavesTheUnusualAlone(_ text: String) {
        #expect(Envelope.quick(Array(text.utf8).span, limits: Envelope.Limits()) == nil)
    }

    private static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "null", "1e999", "-", "\"id\":", "\u{0}",
        "\u{10FFFF}", " ",
    ].map { Array($0.utf8) }

    /// One change: a bit, a byte, a piece cut out, doubled, or a token of JSON put in.
    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2 where !bytes.isEmpty:
            bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...8, using: &random)))
        case 3 where !bytes.isEmpty:
            bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 12)], at: place)
        case 4: bytes = Array(bytes.prefix(place))
        default: bytes.insert(contentsOf: tokens.randomElement(using: &random)!, at: min(place, bytes.count))
        }
    }

    /// Whether what comes out is either refused or good for an answer: each range lies in the frame and is JSON.
    private static func isSound(_ frame: [UInt8]) -> Bool {
        let careful = Envelope.parseCarefully(frame.span, limits: Envelope.Limits())
        if let quick = Envelope.quick(frame.span, limits: Envelope.Limits()), .single(quick) != careful { return false }
        return switch careful {
        case .single(let message): isSound(message, frame)
        case .batch(let entries):
            !entries.isEmpty
                && entries.allSatisfy { entry in
                    guard case .success(let message) = entry else { return true }
                    return isSound(message, frame)
                }
        case .invalid(let invalid): [-32700, -32600, -32602, -32008].contains(invalid.error.code)
        }
    }

    private static func isSound(_ message: Message, _ frame: [UInt8]) -> Bool {
        let range: Range<Int>? =
            switch message {
            case .request(let request): request.params
            case .notification(let notification): notification.params
            case .response(let response): try? response.outcome.get()
            }
        guard let range else { return true }
        return range.upperBound <= frame.count && (try? JSONRaw(validating: Array(frame[range]))) != nil
    }

    @Test(arguments: 0..<4) func mutatedFramesAreReadOrRefused(_ part: Int) {
        var random = SeededGenerator(seed: UInt64(part))
        for round in 0..<50_000 {
            var frame = Self.corpus[round % Self.corpus.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&frame, &random) }
            if !Self.isSound(frame) { Issue.record("\(String(decoding: frame, as: UTF8.self))") }
        }
    }

    @Test func mutatedStreamsAreSplitOrRefused() throws {
        var random = SeededGenerator(seed: 99)
        var refused = 0, split = 0
        for _ in 0..<5000 {
            var stream = Self.corpus.shuffled(using: &random).prefix(3).flatMap(Frame.encode)
            let whole = stream.count
            Self.mutate(&stream, &random)
            var decoder = FrameDecoder(maximumLength: 4096)
            var rest = stream[...]
            do {
                var bytes = 0
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...200, using: &random))
                    rest = rest.dropFirst(piece.count)
                    try decoder.consume(piece.span) { frame in
                        bytes += frame.count + Frame.headerLength
                        return true
                    }
                }
                if bytes + decoder.buffered != stream.count { Issue.record("\(stream)") }
                split += 1
            } catch {
                refused += 1
            }
            if decoder.buffered > whole + 200 { Issue.record("keeps \(decoder.buffered) bytes") }
        }
        #expect(split > 0 && refused > 0)
    }
}
