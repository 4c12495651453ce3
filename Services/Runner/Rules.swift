import JSONCodec
import Linux
import MillraceProtocol

/// Bounds of what may be submitted and declared.
enum Rules {
    static func check(_ job: JobSpecification, at path: String) throws(JobError) {
        func within(_ value: Int?, _ range: ClosedRange<Int>, _ field: String, _ unit: String = "") throws(JobError) {
            guard let value, !range.contains(value) else { return }
            throw .invalid(
                field: path + field, "\(field) is \(range.lowerBound) to \(range.upperBound)\(unit), not \(value)")
        }
        func short(_ text: String?, _ limit: Int, _ field: String) throws(JobError) {
            guard let text, !(1...limit).contains(text.unicodeScalars.count) else { return }
            throw .invalid(
                field: path + field, "\(field) has 1 to \(limit) characters, not \(text.unicodeScalars.count)")
        }
        guard NameRule.isName(job.kind) else {
            throw .invalid(field: path + "kind", nameRule("kind"))
        }
        if let queue = job.queue, !NameRule.isName(queue) {
            throw .invalid(field: path + "queue", nameRule("queue"))
        }
        if let fault = Payload.fault(job.params, "params", field: path + "params") { throw .unpassable(fault) }
        try short(job.key, 256, "key")
        try short(job.idempotencyKey, 256, "idempotencyKey")
        try within(job.priority, -1000...1000, "priority")
        try within(job.timeoutMs, 1...604_800_000, "timeoutMs", " ms")
        try within(job.maxAttempts, 1...100, "maxAttempts")
        try within(job.backoffMs, 0...3_600_000, "backoffMs", " ms")
        try within(job.itemTimeoutMs, 1...604_800_000, "itemTimeoutMs", " ms")
        try short(job.uniqueKey, 256, "uniqueKey")
        if let after = job.after, !(1...100).contains(after.count) {
            throw .invalid(field: path + "after", "a job comes after 1 to 100 others, not \(after.count)")
        }
        if isReserved(job.kind) {
            throw .invalid(
                field: path + "kind", "kinds that begin with \"millrace.\" or \"hook.\" are the runner's own")
        }
        for (index, hook) in (job.hooks ?? []).enumerated() { try check(hook, at: "\(path)hooks[\(index)].") }
        if let hooks = job.hooks, hooks.count > 10 {
            throw .invalid(field: path + "hooks", "a job has at most 10 hooks, not \(hooks.count)")
        }
    }

    /// The jobs of a batch that bears a key: each that has none of its own gets one made of it and of its place.
    static func keyed(_ jobs: [JobSpecification], by key: String?) throws(JobError) -> [JobSpecification] {
        guard let key else { return jobs }
        let keyed = jobs.enumerated().map { index, job in
            var job = job
            job.idempotencyKey = job.idempotencyKey ?? "\(key)/\(index)"
            return job
        }
        // Of the last job, whose place is the longest.
        guard "\(key)/\(jobs.count - 1)".utf8.count <= Meta.maximumKeyLength else {
            throw .invalid(
                field: "meta.idempotencyKey",
                "meta.idempotencyKey has at most \(Meta.maximumKeyLength) characters together with \"/\" and the place of each job"
            )
        }
        return keyed
    }

    /// The text or number of that member; nil where it is nothing that could be a key.
    static func key(_ params: JSONRaw?, at member: String) -> String? {
        // What does not read is the worker's to refuse.
        guard let value = try? params?.decode(JSONValue.self)[member] else { return nil }
        guard let text = value.stringValue ?? value.numberText else { return nil }
        return keyLength.contains(text.unicodeScalars.count) ? text : nil
    }

    private static let keyLength = 1...256

    private static func check(_ hook: JobHook, at path: String) throws(JobError) {
        guard !hook.on.isEmpty, hook.on.allSatisfy(\.isFinal) else {
            throw .invalid(field: path + "on", "a hook is for one or more of succeeded, partial, failed and cancelled")
        }
        switch hook.action {
        case .job(let job):
            guard NameRule.isName(job.kind), !isReserved(job.kind) else {
                throw .invalid(field: path + "job.kind", nameRule("kind"))
            }
            if let queue = job.queue, !NameRule.isName(queue) {
                throw .invalid(field: path + "job.queue", nameRule("queue"))
            }
            if let fault = Payload.fault(job.params, "params", field: path + "job.params") { throw .unpassable(fault) }
        case .http(let callback):
            guard callback.url.hasPrefix("http://") || callback.url.hasPrefix("https://"),
                callback.url.unicodeScalars.count <= 2000
            else {
                throw .invalid(
                    field: path + "http.url", "a URL begins with http:// or https:// and has at most 2,000 characters")
            }
            if let secret = callback.secret, !NameRule.isSecret(secret) {
                throw .invalid(
                    field: path + "http.secret", "the name of a credential has \(NameRule.secret)")
            }
        }
    }

    static func check(_ edit: JobEdit.Params) throws(JobError) {
        var specification = JobSpecification(kind: "edited")
        specification.params = edit.params
        specification.key = edit.key
        specification.queue = edit.queue
        specification.priority = edit.priority
        specification.timeoutMs = edit.timeoutMs
        specification.itemTimeoutMs = edit.itemTimeoutMs
        specification.maxAttempts = edit.maxAttempts
        specification.backoffMs = edit.backoffMs
        try check(specification, at: "")
    }

    static func check(_ redrive: JobRedrive.Params) throws(JobError) {
        if let ids = redrive.ids, !(1...10_000).contains(ids.count) {
            throw .invalid(field: "ids", "1 to 10,000 jobs are named, not \(ids.count)")
        }
        if let limit = redrive.limit, !(1...10_000).contains(limit) {
            throw .invalid(field: "limit", "a limit is 1 to 10,000, not \(limit)")
        }
        if let states = redrive.states, !states.allSatisfy({ [.failed, .partial, .cancelled].contains($0) }) {
            throw .invalid(field: "states", "failed, partial and cancelled jobs are redriven, no others")
        }
    }

    static func check(_ limit: LimitSet.Params) throws(JobError) {
        func within<T: Comparable>(_ value: T?, _ range: ClosedRange<T>, _ field: String) throws(JobError) {
            guard let value, !range.contains(value) else { return }
            throw .invalid(field: field, "\(field) is \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        let given = (limit.running ?? limit.waiting ?? limit.burst) != nil || limit.ratePerSecond != nil
        if limit.clear == true, given {
            throw .invalid(field: "clear", "clear stands alone: it takes away what was set")
        }
        guard given || limit.clear == true else {
            throw .invalid(field: "running", "say what is to be limited: running, waiting, ratePerSecond or burst")
        }
        try within(limit.running, 1...1_000_000, "running")
        try within(limit.waiting, 0...1_000_000, "waiting")
        try within(limit.ratePerSecond, 0.001...1_000_000, "ratePerSecond")
        try within(limit.burst, 1...1_000_000, "burst")
        let isResource = limit.scope == .resource
        if isResource != (limit.ratePerSecond != nil || limit.burst != nil), limit.clear != true {
            throw .invalid(
                field: isResource ? "ratePerSecond" : "scope",
                isResource
                    ? "a resource has ratePerSecond and burst" : "only a resource has ratePerSecond and burst")
        }
        if limit.scope == .machine, limit.name != nil {
            throw .invalid(field: "name", "there is only one machine; leave the name out")
        }
        if [.queue, .kind, .resource].contains(limit.scope), limit.name == nil {
            throw .invalid(field: "name", "name the \(limit.scope.rawValue)")
        }
    }

    static func checkReason(_ reason: String?) throws(JobError) {
        if let reason, reason.unicodeScalars.count > 500 {
            throw .invalid(field: "reason", "a reason has at most 500 characters")
        }
    }

    static func nameRule(_ what: String) -> String {
        "a \(what) has \(NameRule.name)"
    }

    static func check(_ offer: WorkerRegister.Params) throws(JobError) {
        guard (1...100).contains(offer.name.unicodeScalars.count) else {
            throw .invalid(field: "name", "a worker's name has 1 to 100 characters")
        }
        guard (1...1000).contains(offer.capacity) else {
            throw .invalid(field: "capacity", "a capacity is 1 to 1,000, not \(offer.capacity)")
        }
        guard (1...1000).contains(offer.kinds.count) else {
            throw .invalid(field: "kinds", "a worker declares 1 to 1,000 kinds, not \(offer.kinds.count)")
        }
        for (index, kind) in offer.kinds.enumerated() {
            guard NameRule.isName(kind.name) else {
                throw .invalid(
                    field: "kinds[\(index)].name", nameRule("kind"))
            }
            guard !isReserved(kind.name) else { throw .reservedKind(kind.name) }
            guard kind.summary.unicodeScalars.count <= Payload.summary, !kind.summary.contains(where: \.isNewline)
            else {
                throw .invalid(
                    field: "kinds[\(index)].summary", "a summary has at most \(Payload.summary) characters on one line")
            }
            guard kind.stages.contains(.process) else {
                throw .invalid(field: "kinds[\(index)].stages", "\(kind.name) lacks the stage \"process\"")
            }
        }
    }

    static func checkLimit(_ limit: Int?) throws(JobError) {
        guard let limit, !(1...1000).contains(limit) else { return }
        throw .invalid(field: "limit", "a limit is 1 to 1,000, not \(limit)")
    }

    /// Whether only the runner itself may use the kind.
    static func isReserved(_ kind: String) -> Bool { kind.hasPrefix("millrace.") || kind.hasPrefix("hook.") }
}
