import JSONCodec
import Linux

/// A run to come.
public struct ScheduleMoment: Sendable, Hashable, JSONCodable {
    public var nominal: Timestamp
    /// Jitter included.
    public var at: Timestamp
    /// What the clocks show: "Sun 2026-03-29 03:00:00 CEST".
    public var local: String

    public init(nominal: Timestamp, at: Timestamp, local: String) {
        self.nominal = nominal
        self.at = at
        self.local = local
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var nominal: Timestamp?, at: Timestamp?, local: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "nominal": nominal = try json.value()
            case "at": at = try json.value()
            case "local": local = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            nominal: try json.require(nominal, "nominal"), at: try json.require(at, "at"),
            local: try json.require(local, "local"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("nominal", nominal)
            $0.member("at", at)
            $0.member("local", local)
        }
    }
}

/// One reason of `schedule.why`.
public struct ScheduleReason: Sendable, Hashable, JSONCodable {
    public enum Word: String, WireWord {
        /// It runs at its next time.
        case waits
        case paused
        /// Its last run is over and no other follows.
        case over
        /// It is due and the runner is not there.
        case runnerAway = "runner-away"
        /// It is due and the runner has no room for its job.
        case refused
        /// It is due and about to be submitted.
        case due
        /// Its last run was left out.
        case leftOut = "left-out"
    }

    public var word: Word
    /// For people.
    public var text: String
    /// When it changes by itself.
    public var until: Timestamp?

    public init(word: Word, text: String, until: Timestamp? = nil) {
        self.word = word
        self.text = text
        self.until = until
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var word: Word?, text: String?, until: Timestamp?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "word": word = try json.value()
            case "text": text = try json.string()
            case "until": until = try json.value()
            default: try json.skip()
            }
        }
        self.init(word: try json.require(word, "word"), text: try json.require(text, "text"), until: until)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("word", word)
            $0.member("text", text)
            $0.member("until", ifPresent: until)
        }
    }
}
