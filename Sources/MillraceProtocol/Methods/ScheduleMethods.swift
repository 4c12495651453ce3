import JSONCodec
import Linux

/// Makes a schedule, or changes the one of this name: its history, its pause and its place in time stay.
public enum SchedulePut: RPCMethod {
    public static let name = "schedule.put"
    public static let access = AccessClass.write
    public typealias Result = ScheduleView

    public struct Params: Sendable, Hashable, JSONCodable {
        public var schedule: ScheduleSpecification

        public init(schedule: ScheduleSpecification) {
            self.schedule = schedule
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var schedule: ScheduleSpecification?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "schedule": schedule = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(schedule: try json.require(schedule, "schedule"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("schedule", schedule)
            }
        }
    }
}

/// Lists schedules by name.
public enum ScheduleList: RPCMethod {
    public static let name = "schedule.list"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Only names that begin so.
        public var prefix: String?
        /// Only names that come after this one.
        public var after: String?
        /// 1 to 1,000, 100 when left out.
        public var limit: Int?

        public init(prefix: String? = nil, after: String? = nil, limit: Int? = nil) {
            self.prefix = prefix
            self.after = after
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var prefix: String?, after: String?, limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "prefix": prefix = try json.string()
                case "after": after = try json.string()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(prefix: prefix, after: after, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("prefix", ifPresent: prefix)
                $0.member("after", ifPresent: after)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var schedules: [ScheduleView]
        /// All there are, whatever was asked for.
        public var total: Int

        public init(schedules: [ScheduleView], total: Int = 0) {
            self.schedules = schedules
            self.total = total
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var schedules: [ScheduleView]?, total = 0
            try json.object { key, json throws(JSONError) in
                switch key {
                case "schedules": schedules = try json.value()
                case "total": total = try json.int()
                default: try json.skip()
                }
            }
            self.init(schedules: try json.require(schedules, "schedules"), total: total)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("schedules", schedules)
                $0.member("total", total)
            }
        }
    }
}

/// Shows a schedule and its latest runs, the newest first.
public enum ScheduleShow: RPCMethod {
    public static let name = "schedule.show"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var name: String
        /// 1 to 1,000 runs, 20 when left out.
        public var limit: Int?

        public init(name: String, limit: Int? = nil) {
            self.name = name
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?, limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(name: try json.require(name, "name"), limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var schedule: ScheduleView
        public var history: [ScheduleRun]

        public init(schedule: ScheduleView, history: [ScheduleRun]) {
            self.schedule = schedule
            self.history = history
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var schedule: ScheduleView?, history: [ScheduleRun]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "schedule": schedule = try json.value()
                case "history": history = try json.value()
                default: try json.skip()
                }
            }
            self.init(schedule: try json.require(schedule, "schedule"), history: try json.require(history, "history"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("schedule", schedule)
                $0.member("history", history)
            }
        }
    }
}

/// Previews the next runs of a schedule, and what the next two clock changes do to it.
public enum ScheduleNext: RPCMethod {
    public static let name = "schedule.next"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var name: String
        /// Now when left out.
        public var after: Timestamp?
        /// 1 to 1,000, 5 when left out.
        public var count: Int?

        public init(name: String, after: Timestamp? = nil, count: Int? = nil) {
            self.name = name
            self.after = after
            self.count = count
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?, after: Timestamp?, count: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "after": after = try json.value()
                case "count": count = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(name: try json.require(name, "name"), after: after, count: count)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("after", ifPresent: after)
                $0.member("count", ifPresent: count)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var zone: String
        public var runs: [ScheduleMoment]
        /// A sentence for each clock change.
        public var changes: [String]

        public init(zone: String, runs: [ScheduleMoment], changes: [String]) {
            self.zone = zone
            self.runs = runs
            self.changes = changes
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var zone: String?, runs: [ScheduleMoment]?, changes: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "zone": zone = try json.string()
                case "runs": runs = try json.value()
                case "changes": changes = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                zone: try json.require(zone, "zone"), runs: try json.require(runs, "runs"),
                changes: try json.require(changes, "changes"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("zone", zone)
                $0.member("runs", runs)
                $0.member("changes", changes)
            }
        }
    }
}

/// Lets no run begin until it is resumed. What falls into the pause does not take place.
public enum SchedulePause: RPCMethod {
    public static let name = "schedule.pause"
    public static let access = AccessClass.write
    public typealias Result = ScheduleView

    public struct Params: Sendable, Hashable, JSONCodable {
        public var name: String
        /// When it resumes by itself.
        public var until: Timestamp?
        /// At most 200 characters.
        public var reason: String?

        public init(name: String, until: Timestamp? = nil, reason: String? = nil) {
            self.name = name
            self.until = until
            self.reason = reason
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?, until: Timestamp?, reason: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "until": until = try json.value()
                case "reason": reason = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(name: try json.require(name, "name"), until: until, reason: reason)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("until", ifPresent: until)
                $0.member("reason", ifPresent: reason)
            }
        }
    }
}

/// A schedule by its name.
public struct ScheduleReference: Sendable, Hashable, JSONCodable {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(name: try json.require(name, "name"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
        }
    }
}

/// Ends a pause, and forgets the failures that led to it.
public enum ScheduleResume: RPCMethod {
    public static let name = "schedule.resume"
    public static let access = AccessClass.write
    public typealias Result = ScheduleView
    public typealias Params = ScheduleReference
}
