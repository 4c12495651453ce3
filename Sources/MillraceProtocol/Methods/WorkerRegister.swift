import JSONCodec

/// A kind of job, as a worker declares it.
public struct KindDeclaration: Sendable, Hashable {
    /// 1–100 of `a`–`z`, `0`–`9`, `-`, `.`, `_`.
    public var name: String
    /// One line for people.
    public var summary: String
    /// The functions the worker implements; `process` is always among them.
    public var stages: [WorkloadStage]

    public init(name: String, summary: String = "", stages: [WorkloadStage] = [.process]) {
        self.name = name
        self.summary = summary
        self.stages = stages
    }
}

extension KindDeclaration: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, summary = "", stages: [WorkloadStage] = [.process]
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "summary": summary = try json.string()
            case "stages": stages = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(name: try json.require(name, "name"), summary: summary, stages: stages)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("summary", summary)
            $0.member("stages", stages)
        }
    }
}

/// Offers the connection's process as a worker. From then on the runner calls `workload.*` on the same connection;
/// each such call is a lease that ends with its answer or with the connection.
public enum WorkerRegister: RPCMethod {
    public static let name = "worker.register"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// For people: what the worker is called.
        public var name: String
        public var kinds: [KindDeclaration]
        /// Calls that may be in flight at once, 1–1,000.
        public var capacity: Int

        public init(name: String, kinds: [KindDeclaration], capacity: Int) {
            self.name = name
            self.kinds = kinds
            self.capacity = capacity
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?, kinds: [KindDeclaration]?, capacity = 1
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "kinds": kinds = try json.value()
                case "capacity": capacity = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(name: try json.require(name, "name"), kinds: try json.require(kinds, "kinds"), capacity: capacity)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("kinds", kinds)
                $0.member("capacity", capacity)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// The worker's number within this run of the runner.
        public var worker: Int
        /// This run of the runner; a lease of another run is void.
        public var run: Int64

        public init(worker: Int, run: Int64) {
            self.worker = worker
            self.run = run
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var worker: Int?, run: Int64?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "worker": worker = try json.int()
                case "run": run = try json.int64()
                default: try json.skip()
                }
            }
            self.init(worker: try json.require(worker, "worker"), run: try json.require(run, "run"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("worker", worker)
                $0.member("run", run)
            }
        }
    }
}
