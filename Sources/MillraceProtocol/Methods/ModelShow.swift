import JSONCodec

/// What has become of a trained model.
public enum ModelState: String, WireWord {
    case active
    case retired
    case rejected
}

/// A trained model.
public struct ModelView: Sendable, Hashable {
    public var version: Int64
    public var state: ModelState
    public var rows: Int
    public var categories: Int
    public var trainedAt: String
    public var seconds: Double
    /// On the held-back share.
    public var accuracy: Double?
    /// Of the model before, on the same share.
    public var previousAccuracy: Double?
    /// From this probability on it answers; above 1 never.
    public var threshold: Double

    public init(
        version: Int64, state: ModelState, rows: Int, categories: Int, trainedAt: String, seconds: Double,
        accuracy:
            Double? = nil, previousAccuracy: Double? = nil, threshold: Double
    ) {
        self.version = version
        self.state = state
        self.rows = rows
        self.categories = categories
        self.trainedAt = trainedAt
        self.seconds = seconds
        self.accuracy = accuracy
        self.previousAccuracy = previousAccuracy
        self.threshold = threshold
    }
}

extension ModelView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var version: Int64?
        var state: ModelState?
        var rows: Int?
        var categories: Int?
        var trainedAt: String?
        var seconds: Double?
        var accuracy: Double?
        var previousAccuracy: Double?
        var threshold: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "version": version = try json.int64()
            case "state": state = try json.value()
            case "rows": rows = try json.int()
            case "categories": categories = try json.int()
            case "trained_at": trainedAt = try json.string()
            case "seconds": seconds = try json.double()
            case "accuracy": accuracy = try json.double()
            case "previous_accuracy": previousAccuracy = try json.double()
            case "threshold": threshold = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            version: try json.require(version, "version"), state: try json.require(state, "state"),
            rows: try json.require(rows, "rows"), categories: try json.require(categories, "categories"),
            trainedAt: try json.require(trainedAt, "trained_at"), seconds: try json.require(seconds, "seconds"),
            accuracy: accuracy,
            previousAccuracy: previousAccuracy, threshold: try json.require(threshold, "threshold"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("version", version)
            $0.member("state", state)
            $0.member("rows", rows)
            $0.member("categories", categories)
            $0.member("trained_at", trainedAt)
            $0.member("seconds", seconds)
            $0.member("accuracy", ifPresent: accuracy)
            $0.member("previous_accuracy", ifPresent: previousAccuracy)
            $0.member("threshold", threshold)
        }
    }
}

/// Shows the learned layer: its versions, what it has learned since, whether it is being trained.
public enum ModelShow: RPCMethod {
    public static let name = "model.show"
    public static let access = AccessClass.read

    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// The newest first.
        public var models: [ModelView]
        /// Expenses it could learn from.
        public var confirmed: Int
        public var lessonsSince: Int
        public var training: Bool

        public init(models: [ModelView] = [], confirmed: Int, lessonsSince: Int, training: Bool) {
            self.models = models
            self.confirmed = confirmed
            self.lessonsSince = lessonsSince
            self.training = training
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var models: [ModelView] = []
            var confirmed: Int?
            var lessonsSince: Int?
            var training: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "models": models = try json.value()
                case "confirmed": confirmed = try json.int()
                case "lessons_since": lessonsSince = try json.int()
                case "training": training = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                models: models, confirmed: try json.require(confirmed, "confirmed"),
                lessonsSince: try json.require(lessonsSince, "lessons_since"),
                training: try json.require(training, "training"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("models", models)
                $0.member("confirmed", confirmed)
                $0.member("lessons_since", lessonsSince)
                $0.member("training", training)
            }
        }
    }
}

/// Trains the learned layer anew in the background.
public enum ModelRebuild: RPCMethod {
    public static let name = "model.rebuild"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Whether the answer comes only when it is done.
        public var wait: Bool?

        public init(wait: Bool? = nil) {
            self.wait = wait
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var wait: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "wait": wait = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                wait: wait)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("wait", ifPresent: wait)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Only where it was waited for.
        public var model: ModelView?

        public init(model: ModelView? = nil) {
            self.model = model
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var model: ModelView?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "model": model = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                model: model)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("model", ifPresent: model)
            }
        }
    }
}

/// Puts the model before back into force.
public enum ModelRollback: RPCMethod {
    public static let name = "model.rollback"
    public static let access = AccessClass.admin

    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        public var model: ModelView

        public init(model: ModelView) {
            self.model = model
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var model: ModelView?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "model": model = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                model: try json.require(model, "model"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("model", model)
            }
        }
    }
}
