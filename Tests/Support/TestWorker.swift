import Foundation

/// An outside worker in the hands of a test: it holds every item until the test says what becomes of it.
///
/// Its jobs have the params `{"items": N, "slots": M}` and the items `i0`, `i1`, … It speaks the worker protocol by
/// itself, so it is also the proof that a worker needs none of our code.
public final class TestWorker: Sendable {
    /// An item that the runner gave to this worker.
    public struct Item: Hashable, Sendable {
        public let job: Int
        public let key: String
        public let attempt: Int
        public let fence: Int
        let request: Tree
    }

    /// What happened so far.
    public struct History: Sendable {
        /// Items that wait for the test's word, in the order of coming.
        public var held: [Item] = []
        /// All items that came.
        public var given: [Item] = []
        /// Items whose call the runner cancelled while they were held.
        public var cancelled: [Item] = []
        public var isClosed = false
    }

    public let history = Watched(History())
    private let client: WireClient
    private let answersByItself: Bool

    /// Connects to the runner's socket and offers the kind.
    ///
    /// - Parameter answersByItself: every item succeeds at once.
    public init(
        _ socket: String, kind: String = "test.held", capacity: Int = 20, answersByItself: Bool = false
    ) throws {
        self.answersByItself = answersByItself
        client = try WireClient(socket, limit: .zero)
        let kinds = "[{\"name\":\"\(kind)\",\"summary\":\"a test's\",\"stages\":[\"plan\",\"process\",\"summarize\"]}]"
        _ = try client.call("worker.register", "{\"name\":\"test\",\"kinds\":\(kinds),\"capacity\":\(capacity)}")
        let client = client
        let history = history
        startThread {
            while let message = try? client.receive() { Self.take(message, client, history, answersByItself) }
            history.update { $0.isClosed = true }
        }
    }

    deinit { client.hangUp() }

    /// Hangs up, as a process that dies does.
    public func close() { client.hangUp() }

    /// Waits until it holds so many items and returns them.
    public func hold(_ count: Int, within limit: Duration = .seconds(20)) async throws -> [Item] {
        try await history.wait(within: limit, for: "\(count) items at the worker") { $0.held.count >= count }.held
    }

    /// The item succeeds.
    public func succeed(_ item: Item) throws {
        try answer(item, "\"result\":{\"output\":{\"done\":\"\(item.key)\"}}")
    }

    /// The item fails, for good or for a later try.
    public func fail(_ item: Item, transient: Bool = false) throws {
        let status = transient ? "UNAVAILABLE" : "FAILED_PRECONDITION"
        let data = "{\"status\":\"\(status)\",\"reason\":\"test.failed\"}"
        try answer(item, "\"error\":{\"code\":-32009,\"message\":\"the test says so\",\"data\":\(data)}")
    }

    /// The call was cancelled and ends with that.
    public func giveUp(_ item: Item) throws {
        let data = "{\"status\":\"CANCELLED\",\"reason\":\"cancelled\"}"
        try answer(item, "\"error\":{\"code\":-32012,\"message\":\"cancelled\",\"data\":\(data)}")
    }

    private func answer(_ item: Item, _ outcome: String) throws {
        history.update { $0.held.removeAll { $0 == item } }
        try client.send("{\"jsonrpc\":\"2.0\",\"id\":\(item.request.json),\(outcome)}")
    }

    private static func take(
        _ message: Tree, _ client: WireClient, _ history: Watched<History>, _ answersByItself: Bool
    ) {
        let params = message["params"]
        func reply(_ result: String) {
            try? client.send("{\"jsonrpc\":\"2.0\",\"id\":\(message["id"].json),\"result\":\(result)}")
        }
        switch message["method"].string {
        case "workload.plan":
            let wish = params["job"]["params"]
            let items = (0..<(wish["items"].int ?? 1)).map { "{\"key\":\"i\($0)\"}" }.joined(separator: ",")
            reply("{\"items\":[\(items)],\"slots\":\(wish["slots"].int ?? 5)}")
        case "workload.process":
            let item = Item(
                job: params["job"]["id"].int ?? 0, key: params["item"]["key"].string ?? "",
                attempt: params["attempt"].int ?? 0, fence: params["fence"].int ?? 0, request: message["id"])
            history.update {
                $0.given.append(item)
                if !answersByItself { $0.held.append(item) }
            }
            if answersByItself { reply("{\"output\":{\"done\":\"\(item.key)\"}}") }
        case "workload.summarize":
            let done = params["items"].elements.count { $0["state"].string == "succeeded" }
            reply("{\"result\":{\"done\":\(done),\"cancelled\":\(params["cancelled"].bool ?? false)}}")
        case "worker.ping":
            reply("{}")
        case "$/cancelRequest":
            history.update { history in
                history.cancelled += history.held.filter { $0.request == params["id"] }
            }
        default:
            break
        }
    }
}

extension Tree {
    /// The value as JSON again, for an id that is handed back.
    var json: String {
        switch self {
        case .number(let value): "\(value)"
        case .string(let value): String(decoding: (try? JSONEncoder().encode(value)) ?? Data(), as: UTF8.self)
        default: "null"
        }
    }
}
