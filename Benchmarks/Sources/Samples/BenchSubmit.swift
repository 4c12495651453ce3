import JSONCodec
import MillraceProtocol

/// A typed request of the usual size: 365 bytes with its envelope and a nine-digit id, and a small typed answer.
public enum BenchSubmit: RPCMethod {
    public static let name = "bench.submit"
    public static let access = AccessClass.write

    /// The request as the C client sends it; `ID` stands for the number.
    public static let request = """
        {"jsonrpc":"2.0","id":ID,"method":"bench.submit","params":{"kind":"sync-task-order-logs","key":\
        "contractor-000017","payload":{"month":"2026-10","contractor":"an.nguyen","project":"harbour-lights",\
        "force":false,"batch":15,"hours":"47.25","attempt":3,"note":"reviewed by the lead on Friday, two entries \
        were merged at month end","channel":null,"entries":128}}}
        """

    public struct Params: Sendable, Hashable {
        public var kind: String
        public var key: String
        public var payload: Payload

        /// What ``BenchSubmit/request`` asks.
        public static let sample = Self(
            kind: "sync-task-order-logs", key: "contractor-000017",
            payload: Payload(
                month: "2026-10", contractor: "an.nguyen", project: "harbour-lights", force: false, batch: 15,
                hours: "47.25", attempt: 3,
                note: "reviewed by the lead on Friday, two entries were merged at month end", channel: nil,
                entries: 128))
    }

    public struct Payload: Sendable, Hashable {
        public var month: String
        public var contractor: String
        public var project: String
        public var force: Bool
        public var batch: Int
        public var hours: String
        public var attempt: Int
        public var note: String
        public var channel: String?
        public var entries: Int
    }

    public struct Result: Sendable, Hashable {
        public var id: Int64
        public var state: String
        public var duplicate: Bool

        public init(id: Int64, state: String, duplicate: Bool) {
            self.id = id
            self.state = state
            self.duplicate = duplicate
        }
    }
}

extension BenchSubmit.Params: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var kind: String?, jobKey: String?, payload: BenchSubmit.Payload?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "kind": kind = try json.string()
            case "key": jobKey = try json.string()
            case "payload": payload = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            kind: try json.require(kind, "kind"), key: try json.require(jobKey, "key"),
            payload: try json.require(payload, "payload"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("kind", kind)
            $0.member("key", key)
            $0.member("payload", payload)
        }
    }
}

extension BenchSubmit.Payload: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var month: String?, contractor: String?, project: String?, force: Bool?, batch: Int?, hours: String?
        var attempt: Int?, note: String?, channel: String?, entries: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "month": month = try json.string()
            case "contractor": contractor = try json.string()
            case "project": project = try json.string()
            case "force": force = try json.bool()
            case "batch": batch = try json.int()
            case "hours": hours = try json.string()
            case "attempt": attempt = try json.int()
            case "note": note = try json.string()
            case "channel": channel = try json.value()
            case "entries": entries = try json.int()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            month: try json.require(month, "month"), contractor: try json.require(contractor, "contractor"),
            project: try json.require(project, "project"), force: try json.require(force, "force"),
            batch: try json.require(batch, "batch"), hours: try json.require(hours, "hours"),
            attempt: try json.require(attempt, "attempt"), note: try json.require(note, "note"), channel: channel,
            entries: try json.require(entries, "entries"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("month", month)
            $0.member("contractor", contractor)
            $0.member("project", project)
            $0.member("force", force)
            $0.member("batch", batch)
            $0.member("hours", hours)
            $0.member("attempt", attempt)
            $0.member("note", note)
            $0.member("channel", channel)
            $0.member("entries", entries)
        }
    }
}

extension BenchSubmit.Result: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?, state: String?, duplicate: Bool?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "state": state = try json.string()
            case "duplicate": duplicate = try json.bool()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), state: try json.require(state, "state"),
            duplicate: try json.require(duplicate, "duplicate"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("state", state)
            $0.member("duplicate", duplicate)
        }
    }
}
