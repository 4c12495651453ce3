import Exposition
import ExpositionReading
import Foundation
import Telemetry
import TestSupport
import Testing

/// What others make of what is written here: the official Python client and promtool.
struct OutsideReaderTests {
    private static let python = environment("MILLRACE_PROMETHEUS_PYTHON") ?? "/usr/bin/python3"
    static let hasClient = hasModule()
    static let promtool = outsideProgram("promtool", variable: "MILLRACE_PROMTOOL")

    private static func hasModule() -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", "import prometheus_client"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private struct Read: Decodable {
        struct Sample: Decodable {
            var name: String
            var labels: [String: String]
            var value: String
            var exemplar: [String: String]?

            var identity: [String] { [name] + labels.map { "\($0.key)=\($0.value)" }.sorted() }
        }
        var name: String
        var type: String
        var help: String
        var unit: String
        var samples: [Sample]
    }

    private static let script = """
        import json, sys
        if sys.argv[1] == "openMetrics":
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
        else:
            from prometheus_client.parser import text_string_to_metric_families
        out = []
        for f in text_string_to_metric_families(open(sys.argv[2], encoding="utf-8", newline="").read()):
            out.append({"name": f.name, "type": f.type, "help": f.documentation, "unit": f.unit, "samples": [
                {"name": s.name, "labels": s.labels, "value": repr(float(s.value)),
                 "exemplar": s.exemplar.labels if s.exemplar else None} for s in f.samples]})
        print(json.dumps(out))
        """

    private func read(_ families: [FamilySnapshot], _ format: ExpositionFormat) async throws -> [Read] {
        let folder = TemporaryDirectory()
        let file = folder.write(ExpositionWriter.bytes(families, format), to: "metrics")
        let answer = try await check([Self.python, "-c", Self.script, "\(format)", file])
        return try JSONDecoder().decode([Read].self, from: Data(answer.utf8))
    }

    @Test(.enabled(if: hasClient, "no prometheus_client in Python"), arguments: ExpositionFormat.allCases)
    func officialClientReadsBackWhatWasCounted(_ format: ExpositionFormat) async throws {
        let written = everyKind()
        let theirs = try await read(written, format)
        let ours = ExpositionReader.read(ExpositionWriter.bytes(written, format), format).families
        #expect(theirs.count == ours.count)
        for (their, our) in zip(theirs, ours) {
            let name = format == .text && our.name.hasSuffix("_total") ? String(our.name.dropLast(6)) : our.name
            #expect(their.name == name)
            #expect(their.type == our.type)
            #expect(their.help == our.help)
            #expect(their.unit == our.unit)
            #expect(their.samples.map(\.name) == our.samples.map(\.name))
            for (one, other) in zip(their.samples, our.samples) {
                #expect(one.labels == Dictionary(uniqueKeysWithValues: other.labels.map { ($0.name, $0.value) }))
                let value = try #require(Double(one.value))
                #expect(value == other.value || value.isNaN && other.value.isNaN)
                #expect(one.exemplar?["correlation_id"] == other.exemplar?.labels.first?.value)
            }
        }
    }

    /// Each collected case that holds what we write is written by us and read back.
    @Test(
        .enabled(if: hasClient, "no prometheus_client in Python"),
        .enabled(if: sharedData("metrics") != nil, "shared data not there"))
    func collectedCasesComeBackThroughTheOfficialClient() async throws {
        var families: [FamilySnapshot] = []
        for one in ExpositionCase.all where one.should_parse && !ReaderTests.isForeign(one) {
            let format: ExpositionFormat = one.format == "openmetrics" ? .openMetrics : .text
            for family in ExpositionReader.read(Array(one.text.utf8), format).families {
                if let rebuilt = Rebuilt.family(family, as: "c\(families.count)", format) { families.append(rebuilt) }
            }
        }
        #expect(families.count > 50)
        for format in ExpositionFormat.allCases {
            let bytes = ExpositionWriter.bytes(families, format)
            let reader = ExpositionReader.read(bytes, format)
            #expect(reader.problems.isEmpty)
            let theirs = try await read(families, format)
            #expect(theirs.count == families.count)
            for (their, our) in zip(theirs, reader.families) {
                #expect(their.help == our.help)
                #expect(Set(their.samples.map(\.identity)) == Set(our.samples.map(\.identity)))
            }
        }
    }

    @Test(.enabled(if: promtool != nil, "no promtool (Debian: prometheus)"))
    func promtoolHasNothingToSay() async throws {
        let text = String(decoding: ExpositionWriter.bytes(everyKind(), .text), as: UTF8.self)
        let finished = try await run([Self.promtool!, "check", "metrics"], input: text)
        #expect(finished.succeeded, "\(finished)")
        #expect(finished.errors.isEmpty)
    }
}

extension ExposedFamily.Sample {
    fileprivate var identity: [String] { [name] + labels.map { "\($0.name)=\($0.value)" }.sorted() }
}

/// Families of this project with the samples of a foreign exposition.
private enum Rebuilt {
    static func family(_ read: ExposedFamily, as name: String, _ format: ExpositionFormat) -> FamilySnapshot? {
        let labels = read.samples.first?.labels.map(\.name).filter { $0 != "le" && $0 != read.name } ?? []
        guard !read.samples.isEmpty, Set(labels).isDisjoint(with: ["quantile", "instance"]) else { return nil }
        var series: [SeriesSnapshot] = []
        var seen: Set<[String]> = []
        for sample in read.samples {
            let values = labels.map { sample[$0] ?? "" }
            guard sample.labels.allSatisfy({ labels.contains($0.name) || $0.name == "le" }) else { return nil }
            switch read.type {
            case "counter" where sample.value >= 0 && !sample.name.hasSuffix("_created"):
                guard seen.insert(values).inserted else { return nil }
                let exemplar = sample.exemplar.flatMap { exemplar in
                    exemplar.labels.first.map {
                        Exemplar(correlation: $0.value, value: exemplar.value, time: .epoch)
                    }
                }
                series.append(
                    SeriesSnapshot(values, created: .epoch, .counter(CounterValue(sample.value, exemplar: exemplar))))
            case "gauge", "unknown":
                guard seen.insert(values).inserted else { return nil }
                series.append(SeriesSnapshot(values, created: .epoch, .gauge(sample.value)))
            default: break
            }
        }
        if read.type == "histogram", let histogram = histogram(read, labels, name) { return histogram }
        let kind: MetricKind = read.type == "counter" ? .counter : .gauge
        guard !series.isEmpty else { return nil }
        return FamilySnapshot(FamilyDescription(name, read.help, kind, labels: labels), series)
    }

    private static func histogram(_ read: ExposedFamily, _ labels: [String], _ name: String) -> FamilySnapshot? {
        let buckets = read.samples.filter { $0.name.hasSuffix("_bucket") }
        let values = labels.map { buckets.first?[$0] ?? "" }
        let bounds = buckets.compactMap { $0["le"].flatMap(Double.init) }.filter(\.isFinite)
        guard !bounds.isEmpty, bounds.count + 1 == buckets.count, bounds.allSatisfy({ $0 >= 0 }) else { return nil }
        var counts: [UInt64] = []
        var before: UInt64 = 0
        for bucket in buckets {
            counts.append(UInt64(bucket.value) - before)
            before = UInt64(bucket.value)
        }
        return FamilySnapshot(
            FamilyDescription(name, read.help, .histogram, labels: labels, bounds: bounds),
            [SeriesSnapshot(values, created: .epoch, .histogram(HistogramValue(counts: counts, sum: 1)))])
    }
}
