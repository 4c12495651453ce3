import JSONCodec

/// Loads keys of several datasets side by side.
///
/// Calls of whoever it may be are put together: a key is loaded once for all who want it, and different keys go to the
/// source in lists. Each key has its own outcome; one that fails harms no other.
public enum PreloadFetch: RPCMethod {
    public static let name = "preload.fetch"
    public static let access = AccessClass.write
    /// It changes nothing but a cache.
    public static let repeatable = true

    /// Keys of one call, over all its datasets.
    public static let keyLimit = 100_000
    /// Bytes of one key.
    public static let longestKey = 1024

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1–100, none twice.
        public var datasets: [DatasetKeys]
        /// The kind of job on whose behalf it asks, for the report of who asks key by key.
        public var kind: String?

        public init(datasets: [DatasetKeys], kind: String? = nil) {
            self.datasets = datasets
            self.kind = kind
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var datasets: [DatasetKeys]?, kind: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "datasets": datasets = try json.value()
                case "kind": kind = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(datasets: try json.require(datasets, "datasets"), kind: kind)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("datasets", datasets)
                $0.member("kind", ifPresent: kind)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// In the order of the request.
        public var datasets: [DatasetRows]

        public init(datasets: [DatasetRows]) {
            self.datasets = datasets
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var datasets: [DatasetRows]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "datasets": datasets = try json.value()
                default: try json.skip()
                }
            }
            self.init(datasets: try json.require(datasets, "datasets"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("datasets", datasets) }
        }
    }
}

/// Keys of one dataset.
public struct DatasetKeys: Sendable, Hashable {
    public var dataset: String
    /// 1–100,000, each 1–1,024 bytes. One that stands here twice is answered once.
    public var keys: TextList

    public init(dataset: String, keys: TextList) {
        self.dataset = dataset
        self.keys = keys
    }

    public init(dataset: String, keys: [String]) {
        self.init(dataset: dataset, keys: TextList(keys))
    }
}

extension DatasetKeys: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var dataset: String?, keys: TextList?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "dataset": dataset = try json.string()
            case "keys": keys = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(dataset: try json.require(dataset, "dataset"), keys: try json.require(keys, "keys"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("dataset", dataset)
            $0.member("keys", keys)
        }
    }
}

/// What became of the keys of one dataset; each is in one of the three.
public struct DatasetRows: Sendable, Hashable {
    public var dataset: String
    /// In the order of the keys.
    public var values: [KeyValue]
    /// Keys without a row. That is an answer, not an error.
    public var missing: [String]
    /// Keys of which nothing is known.
    public var errors: [KeyError]

    public struct KeyValue: Sendable, Hashable {
        public var key: String
        public var value: JSONRaw

        public init(_ key: String, _ value: JSONRaw) {
            self.key = key
            self.value = value
        }
    }

    public struct KeyError: Sendable, Hashable {
        public var key: String
        public var error: RPCError

        public init(_ key: String, _ error: RPCError) {
            self.key = key
            self.error = error
        }
    }

    public init(dataset: String, values: [KeyValue] = [], missing: [String] = [], errors: [KeyError] = []) {
        self.dataset = dataset
        self.values = values
        self.missing = missing
        self.errors = errors
    }
}

extension DatasetRows: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var dataset: String?, values: [KeyValue] = [], missing: [String] = [], errors: [KeyError] = []
        try json.object { key, json throws(JSONError) in
            switch key {
            case "dataset": dataset = try json.string()
            // Not into dictionaries of texts, for which keys that differ in bytes may be the same.
            case "values":
                try json.object { key, json throws(JSONError) in values.append(KeyValue(key, try json.raw())) }
            case "missing": missing = try json.value()
            case "errors":
                try json.object { key, json throws(JSONError) in errors.append(KeyError(key, try json.value())) }
            default: try json.skip()
            }
        }
        self.init(dataset: try json.require(dataset, "dataset"), values: values, missing: missing, errors: errors)
    }

    public func encode(to json: inout JSONWriter) {
        Self.encode(dataset: dataset, to: &json) { json in
            for value in values {
                json.name(value.key)
                json.raw(value.value)
            }
        } missing: { json in
            for key in missing { json.string(key) }
        } errors: { json in
            for error in errors { json.member(error.key, error.error) }
        }
    }

    /// Writes the rows of a dataset from wherever they lie.
    ///
    /// - Parameters:
    ///   - values: writes members, the value of each key.
    ///   - missing: writes elements, keys.
    ///   - errors: writes members, the error of each key.
    @inlinable
    public static func encode(
        dataset: String, to json: inout JSONWriter, values: (inout JSONWriter) -> Void,
        missing: (inout JSONWriter) -> Void, errors: (inout JSONWriter) -> Void
    ) {
        json.object { json in
            json.member("dataset", dataset)
            json.member("values") { $0.object(values) }
            json.member("missing") { $0.array(missing) }
            json.member("errors") { $0.object(errors) }
        }
    }
}
