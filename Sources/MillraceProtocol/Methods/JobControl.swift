import JSONCodec

/// A job, and why what is asked is done to it.
public struct JobReferenceWithReason: Sendable, Hashable, JSONCodable {
    public var id: JobID
    /// Kept with the job; at most 500 characters.
    public var reason: String?

    public init(id: JobID, reason: String? = nil) {
        self.id = id
        self.reason = reason
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var id: JobID?, reason: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "reason": reason = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(id: try json.require(id, "id"), reason: reason)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("reason", ifPresent: reason)
        }
    }
}

/// Ends a job early. What is done stays done; a running job ends `cancelled` with a partial result.
///
/// Answered once the wish is on disk; watch the job to see it end. Cancelling a job that is over changes nothing.
public enum JobCancel: RPCMethod {
    public static let name = "job.cancel"
    public static let access = AccessClass.write
    public static let repeatable = true

    public typealias Params = JobReferenceWithReason

    public struct Result: Sendable, Hashable, JSONCodable {
        public var id: JobID
        public var state: JobState
        /// Whether running work still has to stop.
        public var cancelling: Bool

        public init(id: JobID, state: JobState, cancelling: Bool) {
            self.id = id
            self.state = state
            self.cancelling = cancelling
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: JobID?, state: JobState?, cancelling = false
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.value()
                case "state": state = try json.value()
                case "cancelling": cancelling = try json.bool()
                default: try json.skip()
                }
            }
            self.init(id: try json.require(id, "id"), state: try json.require(state, "state"), cancelling: cancelling)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
                $0.member("state", state)
                $0.member("cancelling", cancelling)
            }
        }
    }
}

/// Makes a job that failed, ended partly or was cancelled ready again; items that succeeded are not run again.
public enum JobRetry: RPCMethod {
    public static let name = "job.retry"
    public static let access = AccessClass.write

    public typealias Params = JobReference

    public struct Result: Sendable, Hashable, JSONCodable {
        public var id: JobID
        public var state: JobState
        /// How many items will run again; 0 when the job had none yet.
        public var items: Int

        public init(id: JobID, state: JobState, items: Int) {
            self.id = id
            self.state = state
            self.items = items
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: JobID?, state: JobState?, items = 0
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.value()
                case "state": state = try json.value()
                case "items": items = try json.int()
                default: try json.skip()
                }
            }
            self.init(id: try json.require(id, "id"), state: try json.require(state, "state"), items: items)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
                $0.member("state", state)
                $0.member("items", items)
            }
        }
    }
}
