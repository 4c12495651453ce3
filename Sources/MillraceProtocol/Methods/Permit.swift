import JSONCodec

/// Names one permit of this connection.
public struct PermitReference: Sendable, Hashable {
    public var permit: Int64

    public init(permit: Int64) {
        self.permit = permit
    }
}

extension PermitReference: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var permit: Int64?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "permit": permit = try json.int64()
            default: try json.unknownMember(key)
            }
        }
        self.init(permit: try json.require(permit, "permit"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object { $0.member("permit", permit) }
    }
}

/// Takes tokens of a resource, waiting for them in the order of arrival, for as long as `meta.timeoutMs` allows.
///
/// One budget holds for all workers, in whatever process and language. The permit ends with the connection. At most 1,000
/// requests wait for a resource, the next is `RESOURCE_EXHAUSTED`, reason `permit.full`; while the breaker of the resource
/// is open the answer is `UNAVAILABLE`, reason `breaker.open`, with `retryAfterMs`.
public enum PermitAcquire: RPCMethod {
    public static let name = "permit.acquire"
    public static let interruptible = true
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1–100 of `a`–`z`, `0`–`9`, `-`, `.`, `_`. One without a limit is granted at once.
        public var resource: String
        /// Tokens, 1–1,000; 1 when left out.
        public var count: Int?

        public init(resource: String, count: Int? = nil) {
            self.resource = resource
            self.count = count
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var resource: String?, count: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "resource": resource = try json.string()
                case "count": count = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(resource: try json.require(resource, "resource"), count: count)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("resource", resource)
                $0.member("count", ifPresent: count)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var permit: Int64
        public var resource: String
        /// How long it waited for them.
        public var waitedMs: Int

        public init(permit: Int64, resource: String, waitedMs: Int) {
            self.permit = permit
            self.resource = resource
            self.waitedMs = waitedMs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var permit: Int64?, resource: String?, waitedMs: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "permit": permit = try json.int64()
                case "resource": resource = try json.string()
                case "waitedMs": waitedMs = try json.int()
                default: try json.skip()
                }
            }
            self.init(
                permit: try json.require(permit, "permit"), resource: try json.require(resource, "resource"),
                waitedMs: try json.require(waitedMs, "waitedMs"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("permit", permit)
                $0.member("resource", resource)
                $0.member("waitedMs", waitedMs)
            }
        }
    }
}

/// Says how the call that a permit was for went, and gives the permit back. The breaker of the resource counts it.
public enum PermitReport: RPCMethod {
    public static let name = "permit.report"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        public var permit: Int64
        /// Whether the resource answered; an answer that refuses the request as such is a success. Nil where nobody knows,
        /// because the call was given up: its tokens stay taken, and the breaker learns nothing.
        public var succeeded: Bool?

        public init(permit: Int64, succeeded: Bool?) {
            self.permit = permit
            self.succeeded = succeeded
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var permit: Int64?, succeeded: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "permit": permit = try json.int64()
                case "succeeded": succeeded = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(permit: try json.require(permit, "permit"), succeeded: succeeded)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("permit", permit)
                $0.member("succeeded", ifPresent: succeeded)
            }
        }
    }

    public typealias Result = Done
}

/// Gives a permit back that was not used: its tokens are there for others.
public enum PermitRelease: RPCMethod {
    public static let name = "permit.release"
    public static let access = AccessClass.write
    public typealias Params = PermitReference
    public typealias Result = Done
}
