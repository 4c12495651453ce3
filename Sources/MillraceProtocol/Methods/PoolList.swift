import JSONCodec

/// A worker process that the runner started.
public struct PoolProcess: Sendable, Hashable {
    public enum State: String, WireWord {
        /// Started, not yet registered.
        case starting
        case ready
        /// Takes no further calls and ends when those it has are done.
        case retiring
    }

    public var pid: Int32
    /// Its number in `worker.list`, once it has registered.
    public var worker: Int?
    /// Calls in flight.
    public var calls: Int
    /// Since it was started.
    public var ageMs: Int
    /// Since its last call ended; 0 while it works.
    public var idleMs: Int
    public var state: State

    public init(pid: Int32, worker: Int? = nil, calls: Int, ageMs: Int, idleMs: Int, state: State) {
        self.pid = pid
        self.worker = worker
        self.calls = calls
        self.ageMs = ageMs
        self.idleMs = idleMs
        self.state = state
    }
}

extension PoolProcess: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var pid: Int32?, worker: Int?, calls: Int?, ageMs: Int?, idleMs: Int?, state: State?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "pid": pid = try json.value()
            case "worker": worker = try json.int()
            case "calls": calls = try json.int()
            case "ageMs": ageMs = try json.int()
            case "idleMs": idleMs = try json.int()
            case "state": state = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            pid: try json.require(pid, "pid"), worker: worker, calls: try json.require(calls, "calls"),
            ageMs: try json.require(ageMs, "ageMs"), idleMs: try json.require(idleMs, "idleMs"),
            state: try json.require(state, "state"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("pid", pid)
            $0.member("worker", ifPresent: worker)
            $0.member("calls", calls)
            $0.member("ageMs", ageMs)
            $0.member("idleMs", idleMs)
            $0.member("state", state)
        }
    }
}

/// Worker processes of one command, kept by the runner.
public struct PoolView: Sendable, Hashable {
    public var name: String
    /// The program and its arguments.
    public var command: [String]
    /// How many there may be.
    public var processes: Int
    /// How many are kept though there is nothing to do.
    public var warm: Int
    public var running: [PoolProcess]
    /// What keeps its processes from serving: "exited 127 before registering"; absent when nothing is known to.
    public var problem: String?

    public init(
        name: String, command: [String], processes: Int, warm: Int, running: [PoolProcess], problem: String? = nil
    ) {
        self.name = name
        self.command = command
        self.processes = processes
        self.warm = warm
        self.running = running
        self.problem = problem
    }
}

extension PoolView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, command: [String]?, processes: Int?, warm: Int?, running: [PoolProcess]?
        var problem: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "command": command = try json.value()
            case "processes": processes = try json.int()
            case "warm": warm = try json.int()
            case "running": running = try json.value()
            case "problem": problem = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), command: try json.require(command, "command"),
            processes: try json.require(processes, "processes"), warm: try json.require(warm, "warm"),
            running: try json.require(running, "running"), problem: problem)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("command", command)
            $0.member("processes", processes)
            $0.member("warm", warm)
            $0.member("running", running)
            $0.member("problem", ifPresent: problem)
        }
    }
}

/// How many places there are and how many are taken.
public struct PlaceUse: Sendable, Hashable {
    public var limit: Int
    public var used: Int

    public init(limit: Int, used: Int) {
        self.limit = limit
        self.used = used
    }
}

extension PlaceUse: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var limit: Int?, used: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "limit": limit = try json.int()
            case "used": used = try json.int()
            default: try json.skip()
            }
        }
        self.init(limit: try json.require(limit, "limit"), used: try json.require(used, "used"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("limit", limit)
            $0.member("used", used)
        }
    }
}

/// The pools and the places of the machine.
public struct PoolListing: Sendable, Hashable {
    /// By name.
    public var pools: [PoolView]
    /// Jobs that may run at once on the whole machine.
    public var jobs: PlaceUse
    /// Calls to workers that may be in flight at once on the whole machine.
    public var calls: PlaceUse

    public init(pools: [PoolView], jobs: PlaceUse, calls: PlaceUse) {
        self.pools = pools
        self.jobs = jobs
        self.calls = calls
    }
}

extension PoolListing: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var pools: [PoolView]?, jobs: PlaceUse?, calls: PlaceUse?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "pools": pools = try json.value()
            case "jobs": jobs = try json.value()
            case "calls": calls = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            pools: try json.require(pools, "pools"), jobs: try json.require(jobs, "jobs"),
            calls: try json.require(calls, "calls"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("pools", pools)
            $0.member("jobs", jobs)
            $0.member("calls", calls)
        }
    }
}

/// Lists the worker processes the runner keeps, and the places of the machine.
public enum PoolList: RPCMethod {
    public static let name = "pool.list"
    public static let access = AccessClass.read
    public typealias Params = Empty
    public typealias Result = PoolListing
}
