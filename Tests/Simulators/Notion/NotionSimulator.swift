import JSONCodec
public import Linux
import Watching

/// Notion at 127.0.0.1: a real HTTP server with latency, limits and faults, that counts its calls by method and path with ids
/// left out: `"POST data_sources/*/query"`.
public final class NotionSimulator: Simulator {
    /// How it answers; may be changed while it runs.
    public struct Settings: SimulatorSettings {
        /// The token that is asked for; nil: any.
        public var token: String?
        public var latency = Duration.zero
        /// Requests a second, and how many at once; nil: no limit.
        public var limit: (rate: Double, burst: Int)?
        public var faults: [FaultRule] = []
        public var seed: UInt64 = 1
        /// The time that new pages bear.
        public var now: @Sendable () -> Timestamp = { SystemTime().wall() }

        public init() {}
    }

    package struct System: SimulatedSystem {
        var notion: SimulatedNotion
        package var settings: Settings
        package var ledger: CallLedger
        /// Calls that were refused for coming too fast.
        var limited = 0
        /// For the limit: when the bucket would be full again.
        var fullAt: ContinuousClock.Instant?
    }

    public let server: HTTPSimulator
    package let system: Watched<System>

    public init(_ notion: SimulatedNotion, _ settings: Settings = Settings(), port: Int = 0) async throws {
        system = Watched(System(notion: notion, settings: settings, ledger: CallLedger(settings)))
        server = try await Self.serve(system, port: port)
    }

    /// What stands before the paths of Notion.
    public var base: String { server.url("/v1") }

    /// Calls so far that were refused for coming too fast.
    public var limited: Int { system.value.limited }

    /// What it holds now.
    public var notion: SimulatedNotion { system.value.notion }

    /// Changes what it holds, as somebody at the screen would.
    public func edit(_ change: (inout SimulatedNotion) -> Void) { system.update { change(&$0.notion) } }

    /// Runs `body` with a service, and closes it whatever happens.
    public static func run<Result: Sendable>(
        _ notion: SimulatedNotion, _ settings: Settings = Settings(), _ body: (NotionSimulator) async throws -> Result
    ) async throws -> Result {
        try await NotionSimulator(notion, settings).use(body)
    }
}

extension NotionSimulator.System {
    package mutating func read(_ call: HTTPCall) -> (request: NotionRequest, name: String, path: String) {
        let request = NotionRequest(call)
        return (request, request.name, request.path)
    }

    package mutating func forget() { limited = 0 }

    package mutating func judged(_ call: HTTPCall, _ request: NotionRequest) -> HTTPAnswer {
        guard let given = call["Authorization"], given.hasPrefix("Bearer "),
            settings.token == nil || given == "Bearer \(settings.token!)"
        else { return Self.error(401, "unauthorized", "API token is invalid.") }
        guard !request.version.isEmpty else {
            return Self.error(400, "missing_version", "Notion-Version header should be defined.")
        }
        if let wait = tooFast(at: call.time) {
            limited += 1
            var answer = Self.error(
                429, "rate_limited", "You have been rate limited. Please try again in a few minutes.")
            answer.headers.append(("Retry-After", "\(wait)"))
            return answer
        }
        guard call.body.count <= 500_000 else {
            return Self.error(400, "validation_error", "body is larger than 500 KB")
        }
        guard call.body.isEmpty || request.body != nil else {
            return Self.error(400, "invalid_json", "Error parsing JSON body.")
        }
        do throws(NotionRefused) {
            let body = try notion.answer(request, at: settings.now())
            return HTTPAnswer(200, headers: [("Content-Type", "application/json")], body: body)
        } catch {
            return Self.error(error.status, error.code, error.message)
        }
    }

    /// Whole seconds to wait; nil when the call is within the limit.
    private mutating func tooFast(at now: ContinuousClock.Instant) -> Int? {
        guard let (rate, burst) = settings.limit else { return nil }
        let step = Duration.seconds(1) / rate
        let full = max(fullAt ?? now, now) + step
        guard now.duration(to: full) <= step * burst else { return 1 }
        fullAt = full
        return nil
    }

    package static func error(_ status: Int, _ code: String, _ message: String) -> HTTPAnswer {
        var json = JSONWriter()
        json.object { json in
            json.member("object", "error")
            json.member("status", status)
            json.member("code", code)
            json.member("message", message)
            json.member("request_id", "100003e6-0000-4000-8000-0000000003e6")
        }
        return HTTPAnswer(status, headers: [("Content-Type", "application/json")], body: json.bytes)
    }
}

extension NotionRequest {
    init(_ call: HTTPCall) {
        method = call.method
        let parts = call.path.split(separator: "/").map(String.init)
        self.parts = parts.first == "v1" ? Array(parts.dropFirst()) : parts
        version = call["Notion-Version"] ?? ""
        body = call.body.isEmpty ? nil : try? JSON.decode(JSONValue.self, from: call.body)
        query = [:]
        if let mark = call.target.firstIndex(of: "?") {
            for item in call.target[mark...].dropFirst().split(separator: "&") {
                let pair = item.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { query[String(pair[0])] = String(pair[1]) }
            }
        }
    }
}
