import JSONCodec
public import Linux
import MillraceProtocol
import Resilience
public import WebClient

/// Notion over HTTP: pages read, queried, created and changed, with patience for what passes.
///
/// | what comes | a read (GET, query) | a write (create, change) |
/// | --- | --- | --- |
/// | 429, 529 | again after `Retry-After`, which holds back all calls of this client | the same |
/// | 500, 502, 503, 504 | again, after growing waits with jitter | ``NotionError/unknownOutcome(call:why:)`` |
/// | no answer in time, a connection that breaks, a body that is cut or no JSON | the same | the same |
/// | no connection in time | the same | again: it was never sent |
/// | 409 | again | ``NotionError/refused(_:)``, to be written again after reading again |
/// | any other status | ``NotionError/refused(_:)`` | the same |
///
/// A query is sent again like a GET though it is a POST, since it changes nothing. Repeats are bounded in number and by a
/// deadline; each is one pass of the gate. A breaker that is open is waited for as long as the deadline allows. A `Retry-After` beyond the deadline is not waited for: the error says when.
public struct NotionClient: Sendable {
    public let settings: NotionSettings
    let core: Core
    private let gate: any CallGate

    /// What all copies of a client share.
    final class Core: Sendable {
        let web: WebClient
        let token: @Sendable () throws -> String
        let time: any TimeSource
        /// On the boot clock: Notion wants to be left alone until then.
        let quietUntil = Locked<Duration>(.zero)
        let counts = Locked<[String: Int]>([:])
        /// What is known of databases, or being asked: one asks for all who want to know.
        let sources = Locked<[NotionID: Task<NotionSource, any Error>]>([:])

        init(web: WebClient, token: @escaping @Sendable () throws -> String, time: any TimeSource) {
            self.web = web
            self.token = token
            self.time = time
        }
    }

    /// - Parameters:
    ///   - token: asked for each request, so that it can be changed under way.
    ///   - gate: each request on the wire passes it.
    public init(
        _ settings: NotionSettings, web: WebClient, token: @escaping @Sendable () throws -> String,
        gate: any CallGate = OpenGate(), time: any TimeSource = SystemTime()
    ) {
        self.settings = settings
        core = Core(web: web, token: token, time: time)
        self.gate = gate
    }

    private init(_ settings: NotionSettings, _ core: Core, _ gate: any CallGate) {
        self.settings = settings
        self.core = core
        self.gate = gate
    }

    /// The same client, whose calls pass another gate.
    public func passing(_ gate: any CallGate) -> NotionClient { NotionClient(settings, core, gate) }

    /// Requests that went over the wire so far, by method and path with ids left out: `POST data_sources/*/query`.
    public var counts: [String: Int] { core.counts.withLock { $0 } }

    // MARK: - One call

    func send<Answer: JSONDecodable & Sendable>(_ call: NotionCall, _: Answer.Type = Answer.self) async throws -> Answer
    {
        let url = try call.url(at: settings.base)
        guard call.body.count <= NotionChange.Limit.bytes else {
            throw NotionError.tooLarge(
                "\(call.description) has \(call.body.count) bytes; Notion takes \(NotionChange.Limit.bytes)")
        }
        let deadline = Deadline(after: settings.deadline, time: core.time)
        var attempt = 1
        while true {
            try await core.time.sleep(until: core.quietUntil.withLock { $0 })
            let failure: Failure
            do {
                let left = deadline.remaining(core.time)
                let end = try await gate.pass(within: left) { () async throws -> Exchange in
                    let end = try await exchange(call, url, within: left)
                    // The gate hears of what could not serve; an answer that refuses is one of a system that is well.
                    if case .failed(let failure) = end, failure.isDown { throw Down(failure: failure) }
                    return end
                }
                switch end {
                case .answered(let bytes):
                    do throws(JSONError) {
                        return try JSON.decode(Answer.self, from: bytes)
                    } catch {
                        failure = Failure(.lost, .unanswered(call: call.description, why: "the answer: \(error)"))
                    }
                case .failed(let known): failure = known
                }
            } catch let down as Down {
                failure = down.failure
            } catch let error as RPCError {
                // The breaker of all processes is open. What a run loses now it loses for good, so it is waited for.
                guard error.reason == "breaker.open", let rest = error.retryAfterMs, rest > 0,
                    Duration.milliseconds(rest) < deadline.remaining(core.time)
                else { throw error }
                try await core.time.sleep(for: .milliseconds(rest) + settings.backoff.delay(attempt: 1))
                continue
            }
            let wait = try pause(after: failure, call, attempt: attempt, deadline)
            try await core.time.sleep(for: wait)
            attempt += 1
        }
    }

    private enum Exchange: Sendable {
        case answered([UInt8])
        case failed(Failure)
    }

    private struct Failure: Sendable {
        enum Kind: Sendable {
            /// Too much is asked of it; nothing was done.
            case held
            /// Nothing was sent.
            case unsent
            /// It may have been done.
            case lost
            /// Said by Notion, for good.
            case refused
            /// Somebody wrote at the same time.
            case conflict
        }

        var kind: Kind
        var error: NotionError
        var retryAfter: Duration?
        /// Whether the system could not serve.
        var isDown: Bool

        init(_ kind: Kind, _ error: NotionError, retryAfter: Duration? = nil, isDown: Bool = false) {
            self.kind = kind
            self.error = error
            self.retryAfter = retryAfter
            self.isDown = isDown
        }
    }

    /// A failure on its way through the gate.
    private struct Down: RPCErrorConvertible {
        var failure: Failure

        var rpcError: RPCError { failure.error.rpcError }
    }

    private func exchange(_ call: NotionCall, _ url: WebURL, within limit: Duration) async throws -> Exchange {
        var headers: WebHeaders = [
            "Authorization": "Bearer \(try core.token())", "Notion-Version": settings.version.description,
        ]
        if !call.body.isEmpty { headers["Content-Type"] = "application/json" }
        var request = WebRequest(
            call.method, url, headers: headers, body: call.body, timeout: min(settings.timeout, limit),
            answer: .whole(limit: settings.largestAnswer))
        request.system = "notion"
        core.counts.withLock { $0[call.name, default: 0] += 1 }
        let response: WebResponse
        do throws(WebError) {
            response = try await core.web.send(request)
        } catch {
            return .failed(try failure(of: error, call))
        }
        return response.isSuccess ? .answered(response.body) : .failed(failure(of: response, call))
    }

    private func failure(of error: WebError, _ call: NotionCall) throws -> Failure {
        let unanswered = NotionError.unanswered(call: call.description, why: error.description)
        switch error {
        case .cancelled: throw CancellationError()
        case .timedOut(_, .connection): return Failure(.unsent, unanswered, isDown: true)
        case .timedOut, .unreachable: return Failure(.lost, unanswered, isDown: true)
        case .tooLarge:
            // It was done, but what came of it will not be known by asking again.
            return call.effect == .writes ? Failure(.lost, unanswered) : Failure(.refused, unanswered)
        case .badURL, .badHeader, .untrusted, .busy, .closed, .settings: throw error
        }
    }

    private func failure(of response: WebResponse, _ call: NotionCall) -> Failure {
        let body = try? JSON.decode(NotionErrorBody.self, from: response.body)
        let retryAfter = response.headers["Retry-After"].flatMap { RetryAfter.read($0, now: core.time.wall()) }
        let error = NotionError.refused(
            NotionRefusal(
                call: call.description, status: response.status, code: body?.code ?? "http_\(response.status)",
                message: String((body?.message ?? "no reason is given").prefix(500)), retryAfter: retryAfter))
        switch response.status {
        case 429: return Failure(.held, error, retryAfter: retryAfter)
        case 529: return Failure(.held, error, retryAfter: retryAfter, isDown: true)
        case 409: return Failure(.conflict, error)
        case 500...599: return Failure(.lost, error, isDown: true)
        default: return Failure(.refused, error)
        }
    }

    /// How long to wait before the next attempt.
    /// - Throws: what the caller is told when there is to be none.
    private func pause(
        after failure: Failure, _ call: NotionCall, attempt: Int, _ deadline: Deadline
    ) throws -> Duration {
        try Task.checkCancellation()
        switch (failure.kind, call.effect) {
        case (.held, _), (.unsent, _), (.lost, .reads), (.conflict, .reads): break
        case (.lost, .writes): throw NotionError.unknownOutcome(call: call.description, why: failure.error.cause)
        case (.refused, _), (.conflict, .writes): throw failure.error
        }
        let now = core.time.boot()
        let asked = failure.retryAfter ?? .zero
        if failure.kind == .held {
            core.quietUntil.withLock { $0 = max($0, now + min(asked, settings.deadline)) }
        }
        let wait = asked + settings.backoff.delay(attempt: attempt)
        guard attempt < settings.attempts, now + wait < deadline.instant else { throw failure.error }
        return wait
    }
}

extension NotionError {
    /// Without the call.
    var cause: String {
        switch self {
        case .unanswered(_, let why), .unknownOutcome(_, let why): why
        case .refused(let refusal): "answered \(refusal.status) \(refusal.code)"
        default: description
        }
    }
}
