import JSONCodec
import Linux

/// Changes a job that waits; what is left out stays. At least one change is named.
///
/// A job that runs or is over is `FAILED_PRECONDITION`, reason `job.notWaiting`. The bounds are those of `job.submit`. A
/// job that gets another key, queue or priority takes its place there as if it had become ready now.
public enum JobEdit: RPCMethod {
    public static let name = "job.edit"
    public static let access = AccessClass.write
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var id: JobID
        /// −1000…1000.
        public var priority: Int?
        /// Not before this time; one that has passed makes a scheduled job ready at once.
        public var runAt: Timestamp?
        /// Takes the place of the whole.
        public var params: JSONRaw?
        public var key: String?
        public var queue: String?
        /// 1 ms to 7 days.
        public var timeoutMs: Int?
        /// 1 ms to 7 days.
        public var itemTimeoutMs: Int?
        /// 1–100.
        public var maxAttempts: Int?
        /// 0 ms to 1 h.
        public var backoffMs: Int?

        public init(
            id: JobID, priority: Int? = nil, runAt: Timestamp? = nil, params: JSONRaw? = nil, key: String? = nil,
            queue: String? = nil, timeoutMs: Int? = nil, itemTimeoutMs: Int? = nil, maxAttempts: Int? = nil,
            backoffMs: Int? = nil
        ) {
            self.id = id
            self.priority = priority
            self.runAt = runAt
            self.params = params
            self.key = key
            self.queue = queue
            self.timeoutMs = timeoutMs
            self.itemTimeoutMs = itemTimeoutMs
            self.maxAttempts = maxAttempts
            self.backoffMs = backoffMs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: JobID?, priority: Int?, runAt: Timestamp?, params: JSONRaw?, keyText: String?, queue: String?,
                timeoutMs: Int?, itemTimeoutMs: Int?, maxAttempts: Int?, backoffMs: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.value()
                case "priority": priority = try json.int()
                case "runAt": runAt = try json.value()
                case "params": params = try json.raw()
                case "key": keyText = try json.string()
                case "queue": queue = try json.string()
                case "timeoutMs": timeoutMs = try json.int()
                case "itemTimeoutMs": itemTimeoutMs = try json.int()
                case "maxAttempts": maxAttempts = try json.int()
                case "backoffMs": backoffMs = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                id: try json.require(id, "id"), priority: priority, runAt: runAt, params: params, key: keyText,
                queue: queue, timeoutMs: timeoutMs, itemTimeoutMs: itemTimeoutMs, maxAttempts: maxAttempts,
                backoffMs: backoffMs)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
                $0.member("priority", ifPresent: priority)
                $0.member("runAt", ifPresent: runAt)
                $0.member("params", ifPresent: params)
                $0.member("key", ifPresent: key)
                $0.member("queue", ifPresent: queue)
                $0.member("timeoutMs", ifPresent: timeoutMs)
                $0.member("itemTimeoutMs", ifPresent: itemTimeoutMs)
                $0.member("maxAttempts", ifPresent: maxAttempts)
                $0.member("backoffMs", ifPresent: backoffMs)
            }
        }
    }

    public typealias Result = JobDetail
}
