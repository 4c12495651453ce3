import JSONCodec

/// How the jobs of a kind are done.
public enum KindProgram: String, WireWord {
    /// A command is run for each.
    case command
    /// By worker processes that the runner starts.
    case worker
    /// By workers that connect of their own accord.
    case outside
}

/// A kind as it is shown.
public struct KindView: Sendable, Hashable {
    public var name: String
    public var summary: String
    public var stages: [WorkloadStage]
    /// Workers connected now that serve it.
    public var workers: Int
    /// Whether its jobs begin.
    public var state: GateState
    public var program: KindProgram
    /// Where it is declared.
    public var file: String?
    /// Jobs of it that run.
    public var running: Int
    /// How many of it may run at once.
    public var concurrency: Int?
    /// The pool that serves it.
    public var pool: String?

    public init(
        name: String, summary: String = "", stages: [WorkloadStage] = [.process], workers: Int = 0,
        state: GateState = .open, program: KindProgram = .outside, file: String? = nil, running: Int = 0,
        concurrency: Int? = nil, pool: String? = nil
    ) {
        self.name = name
        self.summary = summary
        self.stages = stages
        self.workers = workers
        self.state = state
        self.program = program
        self.file = file
        self.running = running
        self.concurrency = concurrency
        self.pool = pool
    }
}

extension KindView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, summary: String = "", stages: [WorkloadStage] = [.process], workers: Int = 0,
            state: GateState = .open, program: KindProgram = .outside, file: String?, running: Int = 0,
            concurrency: Int?, pool: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "summary": summary = try json.string()
            case "stages": stages = try json.value()
            case "workers": workers = try json.int()
            case "state": state = try json.value()
            case "program": program = try json.value()
            case "file": file = try json.string()
            case "running": running = try json.int()
            case "concurrency": concurrency = try json.int()
            case "pool": pool = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), summary: summary, stages: stages, workers: workers, state: state,
            program: program, file: file, running: running, concurrency: concurrency, pool: pool)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("summary", summary)
            $0.member("stages", stages)
            $0.member("workers", workers)
            $0.member("state", state)
            $0.member("program", program)
            $0.member("file", ifPresent: file)
            $0.member("running", running)
            $0.member("concurrency", ifPresent: concurrency)
            $0.member("pool", ifPresent: pool)
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
