import JSONCodec
import Linux

extension ItemCounts: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var counts = ItemCounts()
        try json.object { key, json throws(JSONError) in
            switch key {
            case "total": counts.total = try json.int()
            case "waiting": counts.waiting = try json.int()
            case "running": counts.running = try json.int()
            case "succeeded": counts.succeeded = try json.int()
            case "failed": counts.failed = try json.int()
            case "cancelled": counts.cancelled = try json.int()
            default: try json.skip()
            }
        }
        self = counts
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("total", total)
            $0.member("waiting", waiting)
            $0.member("running", running)
            $0.member("succeeded", succeeded)
            $0.member("failed", failed)
            $0.member("cancelled", cancelled)
        }
    }
}

extension JobView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: JobID?, kind: String?, state: JobState?, queue: String?, submittedAt: Timestamp?, user: UInt32?
        var correlationId: String?, items: ItemCounts?, cause: String?, priority = 0, maxAttempts = 0,
            cancelRequested = false
        var phase: JobPhase?, jobKey: String?, params: JSONRaw?, runAt: Timestamp?, startedAt: Timestamp?
        var finishedAt: Timestamp?, slots: Int?, timeoutMs: Int?, result: JSONRaw?, error: RPCError?
        var hold: JobHold?, uniqueKey: String?, after: [JobID]?, itemTimeoutMs: Int?, hookOf: JobID?
        var durability = JobDurability.disk, attached = false
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "kind": kind = try json.string()
            case "state": state = try json.value()
            case "phase": phase = try json.value()
            case "queue": queue = try json.string()
            case "key": jobKey = try json.string()
            case "priority": priority = try json.int()
            case "params": params = try json.raw()
            case "submittedAt": submittedAt = try json.value()
            case "runAt": runAt = try json.value()
            case "startedAt": startedAt = try json.value()
            case "finishedAt": finishedAt = try json.value()
            case "user": user = try json.value()
            case "correlationId": correlationId = try json.string()
            case "items": items = try json.value()
            case "slots": slots = try json.int()
            case "maxAttempts": maxAttempts = try json.int()
            case "timeoutMs": timeoutMs = try json.int()
            case "cancelRequested": cancelRequested = try json.bool()
            case "cause": cause = try json.string()
            case "result": result = try json.raw()
            case "error": error = try json.value()
            case "hold": hold = try json.value()
            case "uniqueKey": uniqueKey = try json.string()
            case "after": after = try json.value()
            case "itemTimeoutMs": itemTimeoutMs = try json.int()
            case "durability": durability = try json.value()
            case "attached": attached = try json.bool()
            case "hookOf": hookOf = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), kind: try json.require(kind, "kind"),
            state: try json.require(state, "state"),
            phase: phase, queue: try json.require(queue, "queue"), key: jobKey, priority: priority, params: params,
            submittedAt: try json.require(submittedAt, "submittedAt"), runAt: runAt, startedAt: startedAt,
            finishedAt: finishedAt, user: try json.require(user, "user"),
            correlationId: try json.require(correlationId, "correlationId"), items: try json.require(items, "items"),
            slots: slots, maxAttempts: maxAttempts, timeoutMs: timeoutMs, cancelRequested: cancelRequested,
            cause: try json.require(cause, "cause"), result: result, error: error, hold: hold, uniqueKey: uniqueKey,
            after: after, itemTimeoutMs: itemTimeoutMs, durability: durability, attached: attached, hookOf: hookOf)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("kind", kind)
            $0.member("state", state)
            $0.member("phase", ifPresent: phase)
            $0.member("queue", queue)
            $0.member("key", ifPresent: key)
            $0.member("priority", priority)
            $0.member("params", ifPresent: params)
            $0.member("submittedAt", submittedAt)
            $0.member("runAt", ifPresent: runAt)
            $0.member("startedAt", ifPresent: startedAt)
            $0.member("finishedAt", ifPresent: finishedAt)
            $0.member("user", user)
            $0.member("correlationId", correlationId)
            $0.member("items", items)
            $0.member("slots", ifPresent: slots)
            $0.member("maxAttempts", maxAttempts)
            $0.member("timeoutMs", ifPresent: timeoutMs)
            $0.member("cancelRequested", cancelRequested)
            $0.member("cause", cause)
            $0.member("result", ifPresent: result)
            $0.member("error", ifPresent: error)
            $0.member("hold", ifPresent: hold)
            $0.member("uniqueKey", ifPresent: uniqueKey)
            $0.member("after", ifPresent: after)
            $0.member("itemTimeoutMs", ifPresent: itemTimeoutMs)
            $0.member("durability", durability)
            if attached { $0.member("attached", true) }
            $0.member("hookOf", ifPresent: hookOf)
        }
    }
}

extension ItemView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var index: Int?, itemKey: String?, state: ItemState?, attempts = 0, crashes = 0
        var input: JSONRaw?, output: JSONRaw?, error: RPCError?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "index": index = try json.int()
            case "key": itemKey = try json.string()
            case "state": state = try json.value()
            case "attempts": attempts = try json.int()
            case "crashes": crashes = try json.int()
            case "input": input = try json.raw()
            case "output": output = try json.raw()
            case "error": error = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            index: try json.require(index, "index"), key: try json.require(itemKey, "key"),
            state: try json.require(state, "state"), attempts: attempts, crashes: crashes, input: input, output: output,
            error: error)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("index", index)
            $0.member("key", key)
            $0.member("state", state)
            $0.member("attempts", attempts)
            $0.member("crashes", crashes)
            $0.member("input", ifPresent: input)
            $0.member("output", ifPresent: output)
            $0.member("error", ifPresent: error)
        }
    }
}

extension AttemptView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var number: Int?, item: String?, stage: WorkloadStage?, worker: String?, startedAt: Timestamp?
        var endedAt: Timestamp?, cause: String?, message: String?, cpuUs: Int?, peakBytes: Int64?, exitCode: Int?,
            signal: Int?, fence: Int64 = 0
        try json.object { key, json throws(JSONError) in
            switch key {
            case "number": number = try json.int()
            case "item": item = try json.string()
            case "stage": stage = try json.value()
            case "worker": worker = try json.string()
            case "startedAt": startedAt = try json.value()
            case "endedAt": endedAt = try json.value()
            case "cause": cause = try json.string()
            case "message": message = try json.string()
            case "cpuUs": cpuUs = try json.int()
            case "peakBytes": peakBytes = try json.int64()
            case "exitCode": exitCode = try json.int()
            case "signal": signal = try json.int()
            case "fence": fence = try json.int64()
            default: try json.skip()
            }
        }
        self.init(
            number: try json.require(number, "number"), item: item, stage: try json.require(stage, "stage"),
            worker: try json.require(worker, "worker"), startedAt: try json.require(startedAt, "startedAt"),
            endedAt: endedAt, cause: cause, message: message, cpuUs: cpuUs, peakBytes: peakBytes, exitCode: exitCode,
            signal: signal, fence: fence)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("number", number)
            $0.member("item", ifPresent: item)
            $0.member("stage", stage)
            $0.member("worker", worker)
            $0.member("startedAt", startedAt)
            $0.member("endedAt", ifPresent: endedAt)
            $0.member("cause", ifPresent: cause)
            $0.member("message", ifPresent: message)
            $0.member("cpuUs", ifPresent: cpuUs)
            $0.member("peakBytes", ifPresent: peakBytes)
            $0.member("exitCode", ifPresent: exitCode)
            $0.member("signal", ifPresent: signal)
            $0.member("fence", fence)
        }
    }
}

extension TransitionView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var at: Timestamp?, from: JobState?, to: JobState?, cause: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "at": at = try json.value()
            case "from": from = try json.value()
            case "to": to = try json.value()
            case "cause": cause = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            at: try json.require(at, "at"), from: from, to: try json.require(to, "to"),
            cause: try json.require(cause, "cause"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("at", at)
            $0.member("from", ifPresent: from)
            $0.member("to", to)
            $0.member("cause", cause)
        }
    }
}
