import Glibc
import TestSupport

/// Submits small jobs one after the other until the runner dies, and keeps what was acknowledged.
final class Submitter: Sendable {
    struct Receipts: Sendable {
        /// The job that a key was acknowledged as.
        var acknowledged: [String: Int] = [:]
        /// Sent, and no answer came: such a job may be there or not.
        var unanswered: String?
        var isOver = false
    }

    static let params = "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"1999-01\"}}"

    let receipts = Watched(Receipts())

    init(_ socket: String, keys prefix: String) throws {
        let client = try WireClient(socket)
        let receipts = receipts
        startThread {
            for number in 0... {
                let key = "\(prefix)-\(number)"
                receipts.update { $0.unanswered = key }
                let reply = try? client.call("job.submit", Self.params, meta: "{\"idempotencyKey\":\"\(key)\"}")
                guard let id = reply?["id"].int else { break }
                receipts.update {
                    $0.acknowledged[key] = id
                    $0.unanswered = nil
                }
                // Some, not a flood: the main job is to be in work when the runner dies.
                usleep(3000)
            }
            receipts.update { $0.isOver = true }
        }
    }
}
