import JSONCodec

/// Shows one job, with as much detail as asked for.
public enum JobShow: RPCMethod {
    public static let name = "job.show"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var id: JobID
        public var items: Bool
        public var attempts: Bool
        public var transitions: Bool
        /// Items after this index; from the first when left out.
        public var itemsAfter: Int?
        /// 1–1,000 rows of each list, 100 when left out.
        public var limit: Int?

        public init(
            id: JobID, items: Bool = false, attempts: Bool = false, transitions: Bool = false, itemsAfter: Int? = nil,
            limit: Int? = nil
        ) {
            self.id = id
            self.items = items
            self.attempts = attempts
            self.transitions = transitions
            self.itemsAfter = itemsAfter
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: JobID?, items = false, attempts = false, transitions = false, itemsAfter: Int?, limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.value()
                case "items": items = try json.bool()
                case "attempts": attempts = try json.bool()
                case "transitions": transitions = try json.bool()
                case "itemsAfter": itemsAfter = try json.int()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                id: try json.require(id, "id"), items: items, attempts: attempts, transitions: transitions,
                itemsAfter: itemsAfter, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
                if items { $0.member("items", true) }
                if attempts { $0.member("attempts", true) }
                if transitions { $0.member("transitions", true) }
                $0.member("itemsAfter", ifPresent: itemsAfter)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public typealias Result = JobDetail
}

/// A job and, where asked for, the rows behind it.
public struct JobDetail: Sendable, Hashable {
    public var job: JobView
    public var items: [ItemView]?
    /// The latest first.
    public var attempts: [AttemptView]?
    /// The oldest first.
    public var transitions: [TransitionView]?
    /// Give this as `itemsAfter` for the next page; absent on the last.
    public var nextItemsAfter: Int?
    /// What was left out because all of it together is longer than a message may be; absent where nothing was.
    public var leftOut: [LeftOut]?

    /// What may be left out, the first of it first; inputs and outputs are those of the items, of which a shorter page may have
    /// room for them.
    public enum LeftOut: String, WireWord {
        case params, inputs, outputs, result
    }

    public init(
        job: JobView, items: [ItemView]? = nil, attempts: [AttemptView]? = nil, transitions: [TransitionView]? = nil,
        nextItemsAfter: Int? = nil, leftOut: [LeftOut]? = nil
    ) {
        self.job = job
        self.items = items
        self.attempts = attempts
        self.transitions = transitions
        self.nextItemsAfter = nextItemsAfter
        self.leftOut = leftOut
    }
}

extension JobDetail: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var job: JobView?, items: [ItemView]?, attempts: [AttemptView]?, transitions: [TransitionView]?, next: Int?
        var leftOut: [LeftOut]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "job": job = try json.value()
            case "items": items = try json.value()
            case "attempts": attempts = try json.value()
            case "transitions": transitions = try json.value()
            case "nextItemsAfter": next = try json.int()
            case "leftOut": leftOut = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            job: try json.require(job, "job"), items: items, attempts: attempts, transitions: transitions,
            nextItemsAfter: next, leftOut: leftOut)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("job", job)
            $0.member("items", ifPresent: items)
            $0.member("attempts", ifPresent: attempts)
            $0.member("transitions", ifPresent: transitions)
            $0.member("nextItemsAfter", ifPresent: nextItemsAfter)
            $0.member("leftOut", ifPresent: leftOut)
        }
    }
}
