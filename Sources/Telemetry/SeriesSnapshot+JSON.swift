import JSONCodec
import Linux

extension SeriesSnapshot: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var labels: [String]?, created: Int64?, value: SeriesValue?
        var counts: [UInt64]?, buckets: [Int]?, sum: Double?, max: Double?, exemplars: [Int: Exemplar] = [:]
        try json.object { key, json throws(JSONError) in
            switch key {
            case "labels": labels = try json.value()
            case "created": created = try json.int64()
            case "counter": value = .counter(CounterValue(try json.anyDouble()))
            case "gauge": value = .gauge(try json.anyDouble())
            case "states": value = .states(try json.value())
            case "counts": counts = try json.value()
            case "buckets": buckets = try json.value()
            case "sum": sum = try json.anyDouble()
            case "max": max = try json.anyDouble()
            case "exemplars": exemplars = try json.exemplars()
            default: try json.skip()
            }
        }
        if let counts {
            let sum = try json.require(sum, "sum")
            if let buckets {
                guard buckets.count == counts.count, zip(buckets, buckets.dropFirst()).allSatisfy(<),
                    buckets.allSatisfy((0..<Distribution.buckets).contains)
                else { throw json.invalid("the buckets of a distribution have to rise, each with its count") }
                value = .distribution(
                    DistributionValue(
                        counts: zip(buckets, counts).map { .init(bucket: $0, count: $1) }, sum: sum, max: max ?? 0))
            } else {
                value = .histogram(HistogramValue(counts: counts, sum: sum, exemplars: exemplars))
            }
        }
        if case .counter(let counter) = value {
            value = .counter(CounterValue(counter.value, exemplar: exemplars[0]))
        }
        self.init(
            labels ?? [], created: Timestamp(milliseconds: try json.require(created, "created")), value ?? .info)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            if !labels.isEmpty { $0.member("labels", labels) }
            $0.member("created", created.milliseconds)
            switch value {
            case .counter(let counter):
                $0.member("counter") { $0.anyDouble(counter.value) }
                if let exemplar = counter.exemplar { $0.exemplars([0: exemplar]) }
            case .gauge(let gauge): $0.member("gauge") { $0.anyDouble(gauge) }
            case .histogram(let histogram):
                $0.member("counts", histogram.counts)
                $0.member("sum") { $0.anyDouble(histogram.sum) }
                if !histogram.exemplars.isEmpty { $0.exemplars(histogram.exemplars) }
            case .distribution(let distribution):
                $0.member("buckets", distribution.counts.map(\.bucket))
                $0.member("counts", distribution.counts.map(\.count))
                $0.member("sum") { $0.anyDouble(distribution.sum) }
                $0.member("max") { $0.anyDouble(distribution.max) }
            case .info: break
            case .states(let states): $0.member("states", states)
            }
        }
    }

    /// Whether the value is what the family holds.
    func fits(_ description: FamilyDescription) -> Bool {
        guard value.kind == description.kind else { return false }
        switch value {
        case .counter(let counter): return counter.value >= 0 && counter.value.isFinite
        case .histogram(let histogram):
            return histogram.counts.count == description.bounds.count + 1
                && histogram.exemplars.keys.allSatisfy(histogram.counts.indices.contains)
        case .states(let states): return states.count == description.states.count
        default: return true
        }
    }
}

extension JSONWriter {
    /// Also what JSON has no number for, as text.
    mutating func anyDouble(_ value: Double) {
        value.isFinite ? double(value) : string(value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf")
    }

    mutating func exemplars(_ exemplars: [Int: Exemplar]) {
        member("exemplars") {
            $0.array { json in
                for (bucket, exemplar) in exemplars.sorted(by: { $0.key < $1.key }) {
                    json.object {
                        $0.member("bucket", bucket)
                        $0.member("correlationId", exemplar.correlation)
                        $0.member("value", exemplar.value)
                        $0.member("time", exemplar.time.milliseconds)
                    }
                }
            }
        }
    }
}

extension JSONReader {
    mutating func anyDouble() throws(JSONError) -> Double {
        guard try kind() == .string else { return try double() }
        switch try string() {
        case "NaN": return .nan
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        default: throw invalid("expected a number, \"NaN\", \"+Inf\" or \"-Inf\"")
        }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) throws(JSONError) -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: try string()) else {
            throw invalid("the word is not one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    mutating func exemplars() throws(JSONError) -> [Int: Exemplar] {
        var all: [Int: Exemplar] = [:]
        try array { json throws(JSONError) in
            var bucket: Int?, correlation: String?, value: Double?, time: Int64?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "bucket": bucket = try json.int()
                case "correlationId": correlation = try json.string()
                case "value": value = try json.double()
                case "time": time = try json.int64()
                default: try json.skip()
                }
            }
            all[try json.require(bucket, "bucket")] = Exemplar(
                correlation: try json.require(correlation, "correlationId"), value: try json.require(value, "value"),
                time: Timestamp(milliseconds: try json.require(time, "time")))
        }
        return all
    }
}
