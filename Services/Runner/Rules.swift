import JSONCodec
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
        guard isName(job.kind) else {
            throw .invalid(field: path + "kind", "a kind has 1 to 100 of a-z, 0-9, \"-\", \".\" and \"_\"")
        }
        if let queue = job.queue, !isName(queue) {
            throw .invalid(field: path + "queue", "a queue has 1 to 100 of a-z, 0-9, \"-\", \".\" and \"_\"")
        }
        if let fault = Payload.fault(job.params, "params", field: path + "params") { throw .unpassable(fault) }
        try short(job.key, 256, "key")
        try short(job.idempotencyKey, 256, "idempotencyKey")
        try within(job.priority, -1000...1000, "priority")
        try within(job.timeoutMs, 1...604_800_000, "timeoutMs", " ms")
        try within(job.maxAttempts, 1...100, "maxAttempts")
        try within(job.backoffMs, 0...3_600_000, "backoffMs", " ms")
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
            guard isName(kind.name) else {
                throw .invalid(
                    field: "kinds[\(index)].name", "a kind has 1 to 100 of a-z, 0-9, \"-\", \".\" and \"_\"")
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

    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
