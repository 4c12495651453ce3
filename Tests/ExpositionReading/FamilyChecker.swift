import Exposition

/// What has to hold between the samples of one family.
struct FamilyChecker {
    private let family: ExposedFamily
    private let format: ExpositionFormat
    private var problems: [ExpositionProblem] = []

    static func problems(_ family: ExposedFamily, _ format: ExpositionFormat) -> [ExpositionProblem] {
        var checker = FamilyChecker(family, format)
        checker.check()
        return checker.problems
    }

    private init(_ family: ExposedFamily, _ format: ExpositionFormat) {
        self.family = family
        self.format = format
    }

    /// What follows the family's name in the names of its samples.
    static func suffixes(_ type: String, _ format: ExpositionFormat) -> [String] {
        switch type {
        case "counter" where format == .openMetrics: ["_total", "_created"]
        case "histogram": ["_bucket", "_count", "_sum"] + (format == .openMetrics ? ["_created"] : [])
        case "gaugehistogram": ["_bucket", "_gcount", "_gsum"]
        case "summary": ["", "_count", "_sum"] + (format == .openMetrics ? ["_created"] : [])
        case "info": ["_info"]
        default: [""]
        }
    }

    private var suffixes: [String] { Self.suffixes(family.type, format) }

    private func suffix(_ sample: ExposedFamily.Sample) -> String { String(sample.name.dropFirst(family.name.count)) }

    private mutating func add(_ sample: ExposedFamily.Sample, _ message: String) {
        problems.append(ExpositionProblem(sample.line, "\(sample.name): \(message)"))
    }

    private mutating func check() {
        if ["info", "stateset"].contains(family.type), !family.unit.isEmpty {
            problems.append(
                ExpositionProblem(family.samples.first?.line ?? 1, "\(family.name): \(family.type) has no unit"))
        }
        for sample in family.samples { checkOne(sample) }
        checkDuplicates()
        checkGroups()
    }

    private mutating func checkOne(_ sample: ExposedFamily.Sample) {
        let suffix = suffix(sample)
        guard suffixes.contains(suffix) else { return add(sample, "\(family.type) has no such sample") }
        if sample.exemplar != nil, !["_total", "_bucket"].contains(suffix) { add(sample, "may have no exemplar") }
        let value = sample.value
        switch (family.type, suffix) {
        case ("counter", "_total"), ("counter", ""), ("summary", "_sum"):
            if value.isNaN || value < 0 { add(sample, "a counter cannot be \(value)") }
        case (_, "_bucket"), (_, "_count"), (_, "_gcount"):
            if value.isNaN || value < 0 || value != value.rounded() { add(sample, "a count cannot be \(value)") }
        case ("histogram", "_sum") where value.isNaN: add(sample, "a sum cannot be NaN")
        case ("summary", ""):
            let quantile = sample["quantile"].flatMap(LineScanner.number) ?? -1
            if !(0...1).contains(quantile) { add(sample, "the label quantile has to be a number from 0 to 1") }
            if value < 0, format == .openMetrics { add(sample, "a quantile cannot be negative") }
        case ("info", _): if value != 1 { add(sample, "the value of facts is 1") }
        case ("stateset", _):
            if value != 0, value != 1 { add(sample, "a state is 0 or 1") }
            if sample[family.name] == nil { add(sample, "the label \(family.name) has to name the state") }
        default: break
        }
        if suffix == "_bucket", family.type != "unknown", !Self.isBound(sample["le"]) {
            add(sample, "the label le has to be a number or +Inf")
        }
    }

    private static func isBound(_ le: String?) -> Bool {
        guard let le, let bound = LineScanner.number(le), !bound.isNaN else { return false }
        return bound.isFinite || le == "+Inf"
    }

    private struct Key: Hashable {
        var name: String
        var labels: Set<ExposedFamily.Label>
    }

    /// The same series again is a mistake, but for later points in time of OpenMetrics.
    private mutating func checkDuplicates() {
        var last: [Key: ExposedFamily.Sample] = [:]
        for sample in family.samples {
            let key = Key(name: sample.name, labels: Set(sample.labels))
            if let before = last[key] {
                if format == .openMetrics, let then = before.timestamp, let now = sample.timestamp {
                    if now <= then { add(sample, "stands again with no later time, first in line \(before.line)") }
                } else {
                    add(sample, "stands again with the same labels, first in line \(before.line)")
                }
            }
            last[key] = sample
        }
    }

    /// Samples that belong to one series, whatever their bucket or quantile.
    private mutating func checkGroups() {
        var groups: [Set<ExposedFamily.Label>: [ExposedFamily.Sample]] = [:]
        var order: [Set<ExposedFamily.Label>] = []
        var current: Set<ExposedFamily.Label>?
        for sample in family.samples {
            let own = ["le", "quantile"] + (family.type == "stateset" ? [family.name] : [])
            let labels = Set(sample.labels.filter { !own.contains($0.name) })
            if groups[labels] == nil {
                order.append(labels)
            } else if labels != current, format == .openMetrics {
                add(sample, "the samples of one series have to stand together")
            }
            groups[labels, default: []].append(sample)
            current = labels
        }
        guard family.type.hasSuffix("histogram") || family.type == "summary" else { return }
        for labels in order { checkCounts(groups[labels] ?? []) }
    }

    private mutating func checkCounts(_ samples: [ExposedFamily.Sample]) {
        guard let first = samples.first else { return }
        let count = samples.first { $0.name == family.name + "_count" || $0.name == family.name + "_gcount" }
        let sum = samples.first { $0.name == family.name + "_sum" || $0.name == family.name + "_gsum" }
        guard family.type.hasSuffix("histogram") else { return }
        let buckets = samples.filter { $0.name == family.name + "_bucket" }
        guard !buckets.isEmpty else { return add(first, "a histogram has to have buckets") }
        let bounds = buckets.map { LineScanner.number($0["le"] ?? "") ?? .nan }
        for index in buckets.indices.dropFirst() {
            if bounds[index] <= bounds[index - 1] { add(buckets[index], "the buckets do not rise") }
            if buckets[index].value < buckets[index - 1].value { add(buckets[index], "the buckets are not cumulative") }
        }
        guard let last = buckets.last, last["le"] == "+Inf" else { return add(first, "the bucket +Inf is missing") }
        if let count, count.value != last.value {
            add(count, "is \(count.value), but the bucket +Inf \(last.value)")
        }
        if (count == nil) != (sum == nil) { add(first, "a histogram has both a count and a sum, or neither") }
        let hasNegative = bounds.contains { $0 < 0 }
        if let sum, family.type == "histogram" {
            if hasNegative { add(sum, "a histogram with a negative bound has no sum") }
            if sum.value < 0 { add(sum, "a sum without negative values cannot be negative") }
        }
    }
}
