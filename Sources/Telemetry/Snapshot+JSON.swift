import JSONCodec
import Linux

extension Snapshot: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var service: String?, instance: String?, started: Int64?, sequence: UInt64?, taken: Int64?
        var families: [FamilySnapshot]?, isSingle: Bool?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "service": service = try json.string()
            case "instance": instance = try json.string()
            case "started": started = try json.int64()
            case "single": isSingle = try json.bool()
            case "sequence": sequence = try json.uint64()
            case "taken": taken = try json.int64()
            case "families": families = try json.value()
            default: try json.skip()
            }
        }
        let all = try json.require(families, "families")
        guard Set(all.map(\.description.name)).count == all.count else { throw json.invalid("a family stands twice") }
        self.init(
            source: Source(
                service: try json.require(service, "service"), instance: try json.require(instance, "instance"),
                started: Timestamp(milliseconds: try json.require(started, "started")), isSingle: isSingle ?? true),
            sequence: try json.require(sequence, "sequence"),
            taken: Timestamp(milliseconds: try json.require(taken, "taken")),
            families: all)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("service", source.service)
            $0.member("instance", source.instance)
            $0.member("started", source.started.milliseconds)
            if !source.isSingle { $0.member("single", false) }
            $0.member("sequence", sequence)
            $0.member("taken", taken.milliseconds)
            $0.member("families", families)
        }
    }
}

extension FamilySnapshot: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, help: String?, kind: MetricKind?, merging: Merging?, unit: String?, scale: Double?
        var labels: [String]?, states: [String]?, bounds: [Double]?, series: [SeriesSnapshot]?, guarding: GuardReport?
        let start = json
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "help": help = try json.string()
            case "type": kind = try json.word(MetricKind.self)
            case "merging": merging = try json.word(Merging.self)
            case "unit": unit = try json.string()
            case "scale": scale = try json.double()
            case "labels": labels = try json.value()
            case "states": states = try json.value()
            case "bounds": bounds = try json.value()
            case "series": series = try json.value()
            case "guard": guarding = try json.value()
            default: try json.skip()
            }
        }
        let kinds = try json.require(kind, "type")
        let description = FamilyDescription(
            try json.require(name, "name"), try json.require(help, "help"), kinds, unit: unit ?? "",
            labels: labels ?? [],
            merging: merging ?? .sum, bounds: bounds ?? [], states: states ?? [], scale: scale ?? 1)
        if let problem = description.problem { throw start.invalid("this is no family: \(problem)") }
        let all = try json.require(series, "series")
        for one in all {
            guard one.labels.count == description.labels.count, one.fits(description) else {
                throw start.invalid("a series does not fit the family \(description.name)")
            }
        }
        guard Set(all.map(\.labels)).count == all.count else {
            throw start.invalid("a series of \(description.name) stands twice")
        }
        self.init(description, all, guarding: guarding)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", description.name)
            $0.member("help", description.help)
            $0.member("type", description.kind.rawValue)
            if description.merging != .sum { $0.member("merging", description.merging.rawValue) }
            if !description.unit.isEmpty { $0.member("unit", description.unit) }
            if description.scale != 1 { $0.member("scale", description.scale) }
            if !description.labels.isEmpty { $0.member("labels", description.labels) }
            if !description.states.isEmpty { $0.member("states", description.states) }
            if !description.bounds.isEmpty { $0.member("bounds", description.bounds) }
            $0.member("series", series)
            $0.member("guard", ifPresent: guarding)
        }
    }
}

extension GuardReport: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var series: Int?, limit: Int?, refused: UInt64?, expired: UInt64?, label: String?, values: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "series": series = try json.int()
            case "limit": limit = try json.int()
            case "refused": refused = try json.uint64()
            case "expired": expired = try json.uint64()
            case "widestLabel": label = try json.string()
            case "widestValues": values = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            series: try json.require(series, "series"), limit: try json.require(limit, "limit"), refused: refused ?? 0,
            expired: expired ?? 0)
        if let label { widest = Width(label: label, values: values ?? 0) }
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("series", series)
            $0.member("limit", limit)
            if refused > 0 { $0.member("refused", refused) }
            if expired > 0 { $0.member("expired", expired) }
            if let widest {
                $0.member("widestLabel", widest.label)
                $0.member("widestValues", widest.values)
            }
        }
    }
}
