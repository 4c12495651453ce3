import JSONCodec

/// Names one job.
public struct JobReference: Sendable, Hashable, JSONCodable {
    public var id: JobID

    public init(id: JobID) {
        self.id = id
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var id: JobID?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(id: try json.require(id, "id"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object { $0.member("id", id) }
    }
}

/// Follows a job: each change as `$/progress` with a ``JobProgress``, the answer when the job is over.
public enum JobWatch: RPCMethod {
    public static let name = "job.watch"
    public static let interruptible = true
    public static let access = AccessClass.read

    public typealias Params = JobReference
    public typealias Result = JobDetail
}

/// One change of a watched job. To a slow reader only the latest is sent.
public struct JobProgress: Sendable, Hashable {
    /// Without params and result.
    public var job: JobView
    /// The item that ended, if that was the change; without input and output.
    public var item: ItemView?
    /// What the workload says of itself.
    public var message: String?

    public init(job: JobView, item: ItemView? = nil, message: String? = nil) {
        self.job = job
        self.item = item
        self.message = message
    }
}

extension JobProgress: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var job: JobView?, item: ItemView?, message: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "job": job = try json.value()
            case "item": item = try json.value()
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.init(job: try json.require(job, "job"), item: item, message: message)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("job", job)
            $0.member("item", ifPresent: item)
            $0.member("message", ifPresent: message)
        }
    }
}
