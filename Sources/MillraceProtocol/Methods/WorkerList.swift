import JSONCodec
import Linux

/// A worker as it is shown.
public struct WorkerView: Sendable, Hashable {
    public var id: Int
    public var name: String
    public var pid: Int32
    public var kinds: [String]
    /// Calls that may be in flight at once.
    public var capacity: Int
    /// Calls in flight.
    public var running: Int
    public var since: Timestamp
    /// The pool that it belongs to; absent for a worker that came from outside.
    public var pool: String?
    /// Numeric user id of the process.
    public var user: UInt32?
    public var state: WorkerState

    public init(
        id: Int, name: String, pid: Int32, kinds: [String], capacity: Int = 1, running: Int = 0, since: Timestamp,
        pool: String? = nil, user: UInt32? = nil, state: WorkerState = .ready
    ) {
        self.id = id
        self.name = name
        self.pid = pid
        self.kinds = kinds
        self.capacity = capacity
        self.running = running
        self.since = since
        self.pool = pool
        self.user = user
        self.state = state
    }
}

extension WorkerView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int?, name: String?, pid: Int32?, kinds: [String]?, capacity: Int = 1, running: Int = 0,
            since: Timestamp?, pool: String?, user: UInt32?, state: WorkerState = .ready
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int()
            case "name": name = try json.string()
            case "pid": pid = try json.value()
            case "kinds": kinds = try json.value()
            case "capacity": capacity = try json.int()
            case "running": running = try json.int()
            case "since": since = try json.value()
            case "pool": pool = try json.string()
            case "user": user = try json.value()
            case "state": state = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), name: try json.require(name, "name"), pid: try json.require(pid, "pid"),
            kinds: try json.require(kinds, "kinds"), capacity: capacity, running: running,
            since: try json.require(since, "since"), pool: pool, user: user, state: state)
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
            $0.member("pool", ifPresent: pool)
            $0.member("user", ifPresent: user)
            $0.member("state", state)
        }
    }
}

/// Whether a worker takes calls.
public enum WorkerState: String, WireWord {
    case ready
    /// Takes no further calls; those it has go on.
    case retiring
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
