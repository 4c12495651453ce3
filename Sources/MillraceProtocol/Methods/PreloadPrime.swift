import JSONCodec

/// Puts values into the cache of a dataset, as if they had been loaded.
///
/// They are the caller's own, unless the dataset is shared: what all are to see only an administrator may put there
/// (`PERMISSION_DENIED`, `preload.shared`).
public enum PreloadPrime: RPCMethod {
    public static let name = "preload.prime"
    public static let access = AccessClass.write
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var dataset: String
        /// Values by key.
        public var values: [DatasetRows.KeyValue]
        /// Keys that are known to have no row.
        public var missing: [String]?

        public init(dataset: String, values: [DatasetRows.KeyValue], missing: [String]? = nil) {
            self.dataset = dataset
            self.values = values
            self.missing = missing
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var dataset: String?, values: [DatasetRows.KeyValue]?, missing: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "dataset": dataset = try json.string()
                case "values":
                    var read: [DatasetRows.KeyValue] = []
                    try json.object { key, json throws(JSONError) in read.append(.init(key, try json.raw())) }
                    values = read
                case "missing": missing = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                dataset: try json.require(dataset, "dataset"), values: try json.require(values, "values"),
                missing: missing)
        }

        public func encode(to json: inout JSONWriter) {
            json.object { json in
                json.member("dataset", dataset)
                json.member("values") { json in
                    json.object { json in for value in values { json.member(value.key, value.value) } }
                }
                json.member("missing", ifPresent: missing)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Keys that were put there.
        public var primed: Int

        public init(primed: Int) {
            self.primed = primed
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var primed: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "primed": primed = try json.int()
                default: try json.skip()
                }
            }
            self.init(primed: try json.require(primed, "primed"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("primed", primed) }
        }
    }
}

/// Forgets keys of a dataset, or all of it: whoever asks from now on gets what is read from now on.
///
/// What is forgotten is the caller's own, or everybody's where the dataset is shared.
public enum PreloadClear: RPCMethod {
    public static let name = "preload.clear"
    public static let access = AccessClass.write
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Without one: all of them.
        public var dataset: String?
        /// Without them: all keys. Needs a dataset.
        public var keys: [String]?
        /// What is kept for all users, instead of the caller's own; for administrators, and not with `keys`.
        public var everybody: Bool?

        public init(dataset: String? = nil, keys: [String]? = nil, everybody: Bool? = nil) {
            self.dataset = dataset
            self.keys = keys
            self.everybody = everybody
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var dataset: String?, keys: [String]?, everybody: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "dataset": dataset = try json.string()
                case "keys": keys = try json.value()
                case "everybody": everybody = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(dataset: dataset, keys: keys, everybody: everybody)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("dataset", ifPresent: dataset)
                $0.member("keys", ifPresent: keys)
                $0.member("everybody", ifPresent: everybody)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Keys that were there.
        public var cleared: Int

        public init(cleared: Int) {
            self.cleared = cleared
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var cleared: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "cleared": cleared = try json.int()
                default: try json.skip()
                }
            }
            self.init(cleared: try json.require(cleared, "cleared"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("cleared", cleared) }
        }
    }
}
