import Exposition
import Glibc
import Linux
import Monitoring
import Synchronization
import Telemetry

/// What counting and telling cost, as one JSON object: nanoseconds of processor time for each count and for an atomic addition,
/// milliseconds for a scrape of 5,000 series; and the allocations of ten million counts, where `MALLOC_COUNT` names the
/// file of the counting library.
///
/// usage: metric-times ROUNDS COUNTS
@main
enum Main {
    final class Floor: Sendable { let cell = Atomic<UInt64>(0) }

    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard numbers.count == 2 else {
            print("usage: metric-times ROUNDS COUNTS")
            exit(64)
        }
        let (rounds, counts) = (numbers[0], numbers[1])
        var times = counting(rounds: rounds, counts: counts)
        times["scrape"] = try scrape(rounds: rounds, instances: 10)
        times["scrape of one instance"] = try scrape(rounds: rounds, instances: 1)
        print("{" + times.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}")
    }

    private static func counting(rounds: Int, counts: Int) -> [String: Double] {
        let registry = Registry(service: "bench", instance: "i", time: SystemTime())
        let floor = Floor()
        let counter = registry.counters("millrace_bench_calls", "Calls.", labels: ["method"]).with("job.submit")
        let gauge = registry.gauge("millrace_bench_depth", "Depth.")
        let histogram = registry.histogram("millrace_bench_wait_seconds", "Waits.", bounds: Bounds.requests)
        let distribution = registry.distribution("millrace_bench_brief_seconds", "Briefs.")
        var kinds: [(String, (Int) -> Void)] = [
            ("floor", { for _ in 0..<$0 { floor.cell.wrappingAdd(1, ordering: .relaxed) } }),
            ("counter", { for _ in 0..<$0 { counter.increment() } }),
            ("counter, fraction", { for _ in 0..<$0 { counter.add(0.5) } }),
            ("gauge", { for _ in 0..<$0 { gauge.add(1) } }),
            ("histogram", { for number in 0..<$0 { histogram.record(.nanoseconds(number & 0xFFFF)) } }),
            ("distribution", { for number in 0..<$0 { distribution.record(.nanoseconds(number & 0xFFFFFF)) } }),
        ]
        var all: [String: [Double]] = [:]
        // Looking takes some of its own.
        let first = allocations()
        let before = allocations()
        for (_, kind) in kinds { kind(10_000_000 / kinds.count) }
        let after = allocations()
        for _ in 0..<rounds {
            for (name, kind) in kinds { all[name, default: []].append(nanoseconds { kind(counts) } / Double(counts)) }
            kinds.shuffle()
        }
        var medians = all.mapValues { $0.sorted()[rounds / 2] }
        if let first, let before, let after { medians["allocations"] = Double(after - before) - Double(before - first) }
        return medians
    }

    /// 4,000 counters, 800 gauges and 200 histograms, from one service each or all from one.
    private static func scrape(rounds: Int, instances: Int) throws -> Double {
        var collector = Collector()
        for number in 0..<instances {
            let registry = Registry(service: "s\(number)", instance: "i\(number)", time: SystemTime())
            let calls = registry.counters("millrace_calls", "Calls.", labels: ["method", "status"], limit: 10_000)
            for call in 0..<4000 / instances { calls.with("noun.verb\(call)", "INVALID_ARGUMENT").increment() }
            let depth = registry.gauges("millrace_depth", "Depth.", labels: ["queue"], limit: 10_000)
            for queue in 0..<800 / instances { depth.with("queue\(queue)").set(Double(queue) * 1.37) }
            let waits = registry.histograms("millrace_wait_seconds", "Waits.", labels: ["queue"])
            for queue in 0..<200 / instances { waits.with("queue\(queue)").record(.milliseconds(queue * queue)) }
            _ = try collector.publish(registry.snapshot(), now: .zero)
        }
        var all: [Double] = []
        for _ in 0..<rounds {
            var size = 0
            all.append(
                nanoseconds {
                    size = ExpositionWriter.bytes(collector.families(now: .zero), .openMetrics).count
                } / 1e6)
            precondition(size > 500_000)
        }
        return all.sorted()[rounds / 2]
    }

    /// Of this thread's processor time.
    private static func nanoseconds(_ body: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
        }
        let start = now()
        body()
        return now() - start
    }

    private static func allocations() -> UInt64? {
        guard let path = getenv("MALLOC_COUNT").map({ String(cString: $0) }),
            let bytes = try? Files.read(path, limit: 64), bytes.count >= 8
        else { return nil }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
}
