import JSONCodec
import Linux

/// A job as it is submitted.
public struct JobSpecification: Sendable, Hashable {
    /// Which workload: a kind that a worker declares.
    public var kind: String
    /// Any JSON; given to the workload as it is. `{}` when left out.
    public var params: JSONRaw?
    /// `default` when left out.
    public var queue: String?
    /// What the job is about, for instance a clinic; limits per key count by it.
    public var key: String?
    /// −1000…1000, 0 when left out; the higher runs first. A point is worth as much as a minute of waiting.
    public var priority: Int?
    /// Not before this time.
    public var runAt: Timestamp?
    /// How long the job may run once started; 1 ms to 7 days, unbounded when left out.
    public var timeoutMs: Int?
    /// How often each part is tried before it has failed; 1–100, 3 when left out.
    public var maxAttempts: Int?
    /// The base of the exponential back-off between tries; 0 ms to 1 h, 1,000 ms when left out.
    public var backoffMs: Int?
    /// Whether the job is cancelled when the connection that submitted it closes.
    public var attached: Bool?
    /// Two submissions of one user with the same key within seven days are one job. In a single submit it stands in `meta`.
    public var idempotencyKey: String?
    /// Jobs that have to be over before this one is ready; at most 100.
    public var after: [JobID]?
    /// Whether they have to succeed; `success` when left out.
    public var afterMode: DependencyMode?
    /// At most one job of a kind that is not over bears it; 1–256 characters.
    public var uniqueKey: String?
    /// What happens when there is one already; `reject` when left out.
    public var uniqueMode: UniqueMode?
    /// How long one attempt of one part may take; 1 ms to 7 days, unbounded when left out.
    public var itemTimeoutMs: Int?
    /// What happens when the job ends; at most 10.
    public var hooks: [JobHook]?

    public init(
        kind: String, params: JSONRaw? = nil, queue: String? = nil, key: String? = nil, priority: Int? = nil,
        runAt: Timestamp? = nil, timeoutMs: Int? = nil, maxAttempts: Int? = nil, backoffMs: Int? = nil,
        attached: Bool? = nil, idempotencyKey: String? = nil, after: [JobID]? = nil, afterMode: DependencyMode? = nil,
        uniqueKey: String? = nil, uniqueMode: UniqueMode? = nil, itemTimeoutMs: Int? = nil, hooks: [JobHook]? = nil
    ) {
        self.kind = kind
        self.params = params
        self.queue = queue
        self.key = key
        self.priority = priority
        self.runAt = runAt
        self.timeoutMs = timeoutMs
        self.maxAttempts = maxAttempts
        self.backoffMs = backoffMs
        self.attached = attached
        self.idempotencyKey = idempotencyKey
        self.after = after
        self.afterMode = afterMode
        self.uniqueKey = uniqueKey
        self.uniqueMode = uniqueMode
        self.itemTimeoutMs = itemTimeoutMs
        self.hooks = hooks
    }
}

extension JobSpecification: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var kind: String?, params: JSONRaw?, queue: String?, keyText: String?, priority: Int?, runAt: Timestamp?,
            timeoutMs: Int?, maxAttempts: Int?, backoffMs: Int?, attached: Bool?, idempotencyKey: String?,
            after: [JobID]?, afterMode: DependencyMode?, uniqueKey: String?, uniqueMode: UniqueMode?,
            itemTimeoutMs: Int?, hooks: [JobHook]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "kind": kind = try json.string()
            case "params": params = try json.raw()
            case "queue": queue = try json.string()
            case "key": keyText = try json.string()
            case "priority": priority = try json.int()
            case "runAt": runAt = try json.value()
            case "timeoutMs": timeoutMs = try json.int()
            case "maxAttempts": maxAttempts = try json.int()
            case "backoffMs": backoffMs = try json.int()
            case "attached": attached = try json.bool()
            case "idempotencyKey": idempotencyKey = try json.string()
            case "after": after = try json.value()
            case "afterMode": afterMode = try json.value()
            case "uniqueKey": uniqueKey = try json.string()
            case "uniqueMode": uniqueMode = try json.value()
            case "itemTimeoutMs": itemTimeoutMs = try json.int()
            case "hooks": hooks = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            kind: try json.require(kind, "kind"), params: params, queue: queue, key: keyText, priority: priority,
            runAt: runAt, timeoutMs: timeoutMs, maxAttempts: maxAttempts, backoffMs: backoffMs, attached: attached,
            idempotencyKey: idempotencyKey, after: after, afterMode: afterMode, uniqueKey: uniqueKey,
            uniqueMode: uniqueMode, itemTimeoutMs: itemTimeoutMs, hooks: hooks)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("kind", kind)
            $0.member("params", ifPresent: params)
            $0.member("queue", ifPresent: queue)
            $0.member("key", ifPresent: key)
            $0.member("priority", ifPresent: priority)
            $0.member("runAt", ifPresent: runAt)
            $0.member("timeoutMs", ifPresent: timeoutMs)
            $0.member("maxAttempts", ifPresent: maxAttempts)
            $0.member("backoffMs", ifPresent: backoffMs)
            $0.member("attached", ifPresent: attached)
            $0.member("idempotencyKey", ifPresent: idempotencyKey)
            $0.member("after", ifPresent: after)
            $0.member("afterMode", ifPresent: afterMode)
            $0.member("uniqueKey", ifPresent: uniqueKey)
            $0.member("uniqueMode", ifPresent: uniqueMode)
            $0.member("itemTimeoutMs", ifPresent: itemTimeoutMs)
            $0.member("hooks", ifPresent: hooks)
        }
    }
}
