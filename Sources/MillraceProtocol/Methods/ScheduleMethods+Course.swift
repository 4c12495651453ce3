import JSONCodec
import Linux

/// Submits the job of a schedule now, beside its times.
public enum ScheduleTrigger: RPCMethod {
    public static let name = "schedule.run"
    public static let access = AccessClass.write
    public static let isKeyed = true

    public typealias Params = ScheduleReference

    public struct Result: Sendable, Hashable, JSONCodable {
        public var run: ScheduleRun

        public init(run: ScheduleRun) {
            self.run = run
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var run: ScheduleRun?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "run": run = try json.value()
                default: try json.skip()
                }
            }
            self.init(run: try json.require(run, "run"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("run", run)
            }
        }
    }
}

/// Removes a schedule and its history. Its jobs stay. One that a file declares goes with its file.
public enum ScheduleRemove: RPCMethod {
    public static let name = "schedule.remove"
    public static let access = AccessClass.write
    public typealias Result = Done
    public typealias Params = ScheduleReference
}

/// Runs a schedule for the nominal times of a range that have no run yet.
public enum ScheduleBackfill: RPCMethod {
    public static let name = "schedule.backfill"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        public var name: String
        /// The first time that counts.
        public var from: Timestamp
        /// The first that does not.
        public var to: Timestamp
        /// Whether to say what would run and submit nothing.
        public var dryRun: Bool?

        public init(name: String, from: Timestamp, to: Timestamp, dryRun: Bool? = nil) {
            self.name = name
            self.from = from
            self.to = to
            self.dryRun = dryRun
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?, from: Timestamp?, to: Timestamp?, dryRun: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "from": from = try json.value()
                case "to": to = try json.value()
                case "dryRun": dryRun = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                name: try json.require(name, "name"), from: try json.require(from, "from"),
                to: try json.require(to, "to"), dryRun: dryRun)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("from", from)
                $0.member("to", to)
                $0.member("dryRun", ifPresent: dryRun)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// At most 1,000; a run's outcome is `submitted` in a dry run too.
        public var runs: [ScheduleRun]
        /// Times that had their run before.
        public var already: Int
        /// Whether the range has more than were done; ask again from the last one on.
        public var more: Bool

        public init(runs: [ScheduleRun], already: Int = 0, more: Bool = false) {
            self.runs = runs
            self.already = already
            self.more = more
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var runs: [ScheduleRun]?, already = 0, more = false
            try json.object { key, json throws(JSONError) in
                switch key {
                case "runs": runs = try json.value()
                case "already": already = try json.int()
                case "more": more = try json.bool()
                default: try json.skip()
                }
            }
            self.init(runs: try json.require(runs, "runs"), already: already, more: more)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("runs", runs)
                $0.member("already", already)
                $0.member("more", more)
            }
        }
    }
}

/// Says why a schedule runs when it does, or does not.
public enum ScheduleWhy: RPCMethod {
    public static let name = "schedule.why"
    public static let access = AccessClass.read

    public typealias Params = ScheduleReference

    public struct Result: Sendable, Hashable, JSONCodable {
        /// What holds it first.
        public var reasons: [ScheduleReason]

        public init(reasons: [ScheduleReason]) {
            self.reasons = reasons
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var reasons: [ScheduleReason]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "reasons": reasons = try json.value()
                default: try json.skip()
                }
            }
            self.init(reasons: try json.require(reasons, "reasons"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("reasons", reasons)
            }
        }
    }
}

/// Counts the runs to come of all schedules, by equal parts of a time.
public enum ScheduleLoad: RPCMethod {
    public static let name = "schedule.load"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Now when left out.
        public var from: Timestamp?
        /// 1 minute to 1 day, an hour when left out.
        public var stepMs: Int?
        /// 1 to 200, 24 when left out.
        public var steps: Int?

        public init(from: Timestamp? = nil, stepMs: Int? = nil, steps: Int? = nil) {
            self.from = from
            self.stepMs = stepMs
            self.steps = steps
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var from: Timestamp?, stepMs: Int?, steps: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "from": from = try json.value()
                case "stepMs": stepMs = try json.int()
                case "steps": steps = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(from: from, stepMs: stepMs, steps: steps)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("from", ifPresent: from)
                $0.member("stepMs", ifPresent: stepMs)
                $0.member("steps", ifPresent: steps)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var from: Timestamp
        public var stepMs: Int
        /// Of each part.
        public var counts: [Int]
        /// Of each part the schedule with most runs; empty for none.
        public var busiest: [String]
        /// False when there was more than could be counted.
        public var complete: Bool

        public init(from: Timestamp, stepMs: Int, counts: [Int], busiest: [String], complete: Bool = true) {
            self.from = from
            self.stepMs = stepMs
            self.counts = counts
            self.busiest = busiest
            self.complete = complete
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var from: Timestamp?, stepMs: Int?, counts: [Int]?, busiest: [String]?, complete = true
            try json.object { key, json throws(JSONError) in
                switch key {
                case "from": from = try json.value()
                case "stepMs": stepMs = try json.int()
                case "counts": counts = try json.value()
                case "busiest": busiest = try json.value()
                case "complete": complete = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                from: try json.require(from, "from"), stepMs: try json.require(stepMs, "stepMs"),
                counts: try json.require(counts, "counts"), busiest: try json.require(busiest, "busiest"),
                complete: complete)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("from", from)
                $0.member("stepMs", stepMs)
                $0.member("counts", counts)
                $0.member("busiest", busiest)
                $0.member("complete", complete)
            }
        }
    }
}
