import JSONCodec
import Linux

/// A worker as it is shown.
public struct WorkerView: Sendable, Hashable {
    public var id: Int
    public var name: String
    public var pid: Int32
    public var kinds: [String]
    public var capacity: Int
    /// Calls in flight.
    public var running: Int
    public var since: Timestamp

    public init(id: Int, name: String, pid: Int32, kinds: [String], capacity: Int, running: Int, since: Timestamp) {
        self.id = id
        self.name = name
        self.pid = pid
        self.kinds = kinds
        self.capacity = capacity
        self.running = running
        self.since = since
    }
}

extension WorkerView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int?, name: String?, pid: Int32?, kinds: [String]?, capacity = 1, running = 0, since: Timestamp?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int()
            case "name": name = try json.string()
            case "pid": pid = try json.value()
            case "kinds": kinds = try json.value()
            case "capacity": capacity = try json.int()
            case "running": running = try json.int()
            case "since": since = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), name: try json.require(name, "name"), pid: try json.require(pid, "pid"),
            kinds: try json.require(kinds, "kinds"), capacity: capacity, running: running,
            since: try json.require(since, "since"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("pid", pid)
            $0.member("kinds", kinds)
            $0.member("capacity", capacity)
            $0.member("running", running)
            $0.member("since", since)
        }
    }
}

/// Lists the connected workers.
public enum WorkerList: RPCMethod {
    public static let name = "worker.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        public var workers: [WorkerView]

        public init(workers: [WorkerView]) {
            self.workers = workers
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var workers: [WorkerView]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "workers": workers = try json.value()
                default: try json.skip()
                }
            }
            self.init(workers: try json.require(workers, "workers"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("workers", workers) }
        }
    }
}

/// A kind as it is shown.
public struct KindView: Sendable, Hashable {
    public var name: String
    public var summary: String
    public var stages: [WorkloadStage]
    /// Workers connected now that serve it.
    public var workers: Int

    public init(name: String, summary: String, stages: [WorkloadStage], workers: Int) {
        self.name = name
        self.summary = summary
        self.stages = stages
        self.workers = workers
    }
}

extension KindView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, summary = "", stages: [WorkloadStage] = [.process], workers = 0
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "summary": summary = try json.string()
            case "stages": stages = try json.value()
            case "workers": workers = try json.int()
            default: try json.skip()
            }
        }
        self.init(name: try json.require(name, "name"), summary: summary, stages: stages, workers: workers)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("summary", summary)
            $0.member("stages", stages)
            $0.member("workers", workers)
        }
    }
}

/// Lists the kinds of job that are known.
public enum KindList: RPCMethod {
    public static let name = "kind.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        public var kinds: [KindView]

        public init(kinds: [KindView]) {
            self.kinds = kinds
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var kinds: [KindView]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "kinds": kinds = try json.value()
                default: try json.skip()
                }
            }
            self.init(kinds: try json.require(kinds, "kinds"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("kinds", kinds) }
        }
    }
}
