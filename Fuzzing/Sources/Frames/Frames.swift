import JSONCodec
import Oracle

@testable import MillraceProtocol

/// A stream as it comes over a socket: the first byte says in what pieces, the rest is the stream.
@_cdecl("LLVMFuzzerTestOneInput")
public func frames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    guard let first = bytes.first else { return 0 }
    let stream = Array(bytes.dropFirst())
    let inPieces = Split(stream, pieces: 1 + Int(first))
    let atOnce = Split(whole: stream)
    claim(inPieces == atOnce, "in pieces \(inPieces), at once \(atOnce)")
    let again = inPieces.frames.flatMap(Frame.encode)
    claim(stream.starts(with: again), "what was taken is not what is written again")
    if inPieces.failure == nil { claim(again.count + inPieces.left == stream.count, "bytes got lost") }
    for frame in inPieces.frames { judge(frame) }
    return 0
}

/// What a decoder makes of a stream.
private struct Split: Equatable {
    static let limit = 2048

    var frames: [[UInt8]] = []
    var failure: FrameError?
    /// Bytes of a frame that is not complete.
    var left = 0

    init(_ stream: [UInt8], pieces size: Int) {
        var decoder = FrameDecoder(maximumLength: Self.limit)
        var rest = stream[...]
        var found: [[UInt8]] = []
        do throws(FrameError) {
            while !rest.isEmpty {
                let piece = rest.prefix(size)
                rest = rest.dropFirst(piece.count)
                try decoder.consume(piece.span) { frame in
                    found.append(frame.withUnsafeBufferPointer { Array($0) })
                    return true
                }
            }
            left = decoder.buffered
        } catch {
            failure = error
        }
        frames = found
    }

    init(whole stream: [UInt8]) {
        var decoder = FrameDecoder(maximumLength: Self.limit)
        decoder.append(stream)
        do throws(FrameError) {
            while let frame = try decoder.next() { frames.append(frame) }
            left = decoder.buffered
        } catch {
            failure = error
        }
    }
}

/// Reads what a frame holds. The quick reader never differs from the careful one, and what is written again says the same.
private func judge(_ frame: [UInt8]) {
    let limits = Envelope.Limits()
    let careful = Envelope.parseCarefully(frame.span, limits: limits)
    if let quick = Envelope.quick(frame.span, limits: limits) {
        claim(.single(quick) == careful, "quick \(quick), careful \(careful)")
    }
    claim(Envelope.parse(frame) == careful, "the two readers together differ from the careful one")
    switch careful {
    case .single(let message): writeAgain(message, of: frame)
    case .batch(let entries):
        claim((1...limits.batchEntries).contains(entries.count), "a batch of \(entries.count)")
        for case .success(let message) in entries { writeAgain(message, of: frame) }
    case .invalid(let invalid):
        claim([-32700, -32600, -32602, -32008].contains(invalid.error.code), "\(invalid)")
    }
}

private func writeAgain(_ message: Message, of frame: [UInt8]) {
    let once = written(message, of: frame)
    guard case .single(let read) = Envelope.parse(once) else {
        fatalError("\(String(decoding: once, as: UTF8.self)) is no message any more")
    }
    claim(Said(read, in: once) == Said(message, in: frame), "\(read) instead of \(message)")
    claim(written(read, of: once) == once, "written a third time it is other bytes")
}

private func written(_ message: Message, of frame: [UInt8]) -> [UInt8] {
    var json = JSONWriter()
    switch message {
    case .request(let request):
        Envelope.encodeRequest(id: request.id, method: request.method, meta: request.meta, into: &json) {
            $0.raw(unchecked: params(request.params, in: frame)[...])
        }
    case .notification(let notification):
        Envelope.encodeNotification(method: notification.method, meta: notification.meta, into: &json) {
            $0.raw(unchecked: params(notification.params, in: frame)[...])
        }
    case .response(let response):
        switch response.outcome {
        case .success(let result):
            Envelope.encodeResult(id: response.id, correlationId: nil, into: &json) {
                $0.raw(unchecked: frame[result])
            }
        case .failure(let error): Envelope.encodeError(id: response.id, error, into: &json)
        }
    }
    return json.bytes
}

/// No params are written as `{}`.
private func params(_ range: Range<Int>?, in frame: [UInt8]) -> [UInt8] {
    range.map { Array(frame[$0]) } ?? Array("{}".utf8)
}

/// A message without the places where its parts stand in the frame.
private struct Said: Equatable {
    var id: RequestID?
    var method: String?
    var meta = Meta()
    var value: [UInt8] = []
    var error: RPCError?

    init(_ message: Message, in frame: [UInt8]) {
        switch message {
        case .request(let request):
            (id, method, meta) = (request.id, request.method, request.meta)
            value = params(request.params, in: frame)
        case .notification(let notification):
            (method, meta) = (notification.method, notification.meta)
            value = params(notification.params, in: frame)
        case .response(let response):
            id = response.id
            switch response.outcome {
            case .success(let range): value = Array(frame[range])
            case .failure(let failure): error = failure
            }
        }
        if error == nil {
            claim((try? JSONRaw(validating: value)) != nil, "params or a result that are no JSON")
        }
    }
}
