import JSONCodec

/// As a checkpoint on the runner's disk.
extension ScheduleSync.DateOutcome: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        self.init()
        try json.object { key, json throws(JSONError) in
            switch key {
            case "added": added = try json.int()
            case "updated": updated = try json.int()
            case "unchanged": unchanged = try json.int()
            case "passedOver": passedOver = try json.int()
            case "reading": reading = try json.int64()
            case "noticed": noticed = try json.int64()
            case "absent": absent = try json.value()
            default: try json.skip()
            }
        }
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("added", added)
            $0.member("updated", updated)
            $0.member("unchanged", unchanged)
            $0.member("passedOver", passedOver)
            $0.member("reading", reading)
            $0.member("noticed", noticed)
            $0.member("absent", absent)
        }
    }
}

/// As much of it as deleting needs.
extension KnownAppointment: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var row: Int64?, remoteID: String?, date: Day?, hash: String?, isLive = true
        var reading: Int64 = 0, isMissing = false
        try json.object { key, json throws(JSONError) in
            switch key {
            case "row": row = try json.int64()
            case "id": remoteID = try json.string()
            case "date": date = Day(try json.string())
            case "hash": hash = try json.value()
            case "live": isLive = try json.bool()
            case "reading": reading = try json.int64()
            case "missing": isMissing = try json.bool()
            default: try json.skip()
            }
        }
        self.init(
            row: try json.require(row, "row"), remoteID: try json.require(remoteID, "id"),
            date: try json.require(date, "date"), hash: hash, isLive: isLive, reading: reading,
            isMissing: isMissing)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("row", row)
            $0.member("id", remoteID)
            $0.member("date", "\(date)")
            $0.member("hash", hash)
            $0.member("live", isLive)
            $0.member("reading", reading)
            $0.member("missing", isMissing)
        }
    }
}
