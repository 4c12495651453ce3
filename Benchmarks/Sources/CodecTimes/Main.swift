import Foundation
import JSONCodec
import MillraceProtocol
import Samples

/// Times our envelope against Foundation's coders, in interleaved rounds, and checks that both read the same.
@main
enum Main {
    struct Times: Encodable {
        var ours_decode: Double
        var ours_encode: Double
        var ours_envelope: Double
        var foundation_decode: Double
        var foundation_encode: Double
    }

    static func main() throws {
        let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 5 : 5
        let repeats = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 20_000 : 20_000
        let text = BenchSubmit.request.replacing("ID", with: "123456789")
        let frame = Array(text.utf8)
        let data = Data(frame)
        precondition(frame.count == 365)

        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let ours = decode(frame)
        let theirs = try decoder.decode(FoundationEnvelope.self, from: data)
        precondition(ours.params == .sample && encode(ours) == frame)
        precondition(theirs.params.payload.hours == ours.params.payload.hours && theirs.id == 123_456_789)

        var times: [[Double]] = Array(repeating: [], count: 5)
        for _ in 0..<rounds {
            times[0].append(nanoseconds(repeats) { consume(decode(frame)) })
            times[1].append(nanoseconds(repeats) { consume(encode(ours)) })
            times[2].append(nanoseconds(repeats) { consume(Envelope.parse(frame)) })
            times[3].append(
                try nanoseconds(repeats / 5) { consume(try decoder.decode(FoundationEnvelope.self, from: data)) })
            times[4].append(try nanoseconds(repeats / 5) { consume(try encoder.encode(theirs)) })
        }
        let middle = times.map { $0.sorted()[$0.count / 2] }
        let result = Times(
            ours_decode: middle[0], ours_encode: middle[1], ours_envelope: middle[2], foundation_decode: middle[3],
            foundation_encode: middle[4])
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }

    struct Decoded {
        var id: RequestID
        var method: String
        var params: BenchSubmit.Params
    }

    static func decode(_ frame: [UInt8]) -> Decoded {
        guard case .single(.request(let request)) = Envelope.parse(frame), let range = request.params,
            let params = try? JSON.decode(BenchSubmit.Params.self, from: frame[range])
        else { preconditionFailure("the sample is not read") }
        return Decoded(id: request.id, method: request.method, params: params)
    }

    static func encode(_ message: Decoded) -> [UInt8] {
        var json = JSONWriter(reserving: 512)
        Envelope.encodeRequest(id: message.id, method: message.method, into: &json) { message.params.encode(to: &$0) }
        return json.bytes
    }

    @inline(never)
    static func consume<T>(_ value: T) {
        withExtendedLifetime(value) {}
    }

    /// Processor time of this thread for one call, so that what else runs on the machine counts less.
    static func nanoseconds(_ repeats: Int, _ body: () throws -> Void) rethrows -> Double {
        let start = processorTime()
        for _ in 0..<repeats { try body() }
        return (processorTime() - start) / Double(repeats)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
