import MillraceProtocol
import WebClient

/// A web address that is told of alerts.
enum HookSink {
    /// - Parameter key: goes as `Idempotency-Key`, the same whenever this notice is sent.
    /// - Throws: what the web client throws, and ``HookRefusal`` for an answer that is no success.
    static func send(
        _ body: [UInt8], key: String, to url: String, _ web: WebDoor, within limit: Duration
    ) async throws {
        var request = WebRequest(
            .post, try WebURL(url),
            headers: [
                "Content-Type": "application/json", "User-Agent": "millrace-metrics", "Idempotency-Key": key,
            ],
            body: body, timeout: limit, answer: .head(skipping: 1 << 16))
        request.system = "alert-hook"
        let answer = try await web.client().send(request)
        guard answer.isSuccess else { throw HookRefusal(status: answer.status) }
    }
}

/// A hook that answered something else than success.
struct HookRefusal: Error, CustomStringConvertible {
    var status: Int

    var description: String { "the hook answered \(status)" }
}
