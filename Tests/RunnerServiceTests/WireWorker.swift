import TestSupport

/// A worker from outside, written from the description of the wire: what it answers is the test's to say, right or wrong.
final class WireWorker: Sendable {
    private let client: WireClient

    /// Registers and answers from then on.
    ///
    /// - Parameters:
    ///   - kinds: as in the params of `worker.register`.
    ///   - answer: the member `"result"` or `"error"` of the answer to a `workload.*` request; nil gives none.
    init(_ socket: String, kinds: String, answer: @escaping @Sendable (Tree) -> String?) throws {
        client = try WireClient(socket, limit: .zero)
        _ = try client.call("worker.register", "{\"name\":\"wire\",\"kinds\":\(kinds),\"capacity\":20}")
        let client = client
        startThread {
            while let request = try? client.receive() {
                guard let id = request["id"].int, request["method"] != .absent, let answer = answer(request) else {
                    continue
                }
                try? client.send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\(answer)}")
            }
        }
    }

    func hangUp() { client.hangUp() }
}
