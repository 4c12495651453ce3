/// What counting costs beside a plain atomic addition, and a scrape.
enum MetricSuite {
    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(9)
        let environment = ["LD_PRELOAD": bench.floor("malloc_count.so"), "MALLOC_COUNT": bench.path("metric-counts")]
        let times: [String: Double] = try Command(
            bench.product("metric-times"), ["\(rounds)", bench.quick ? "200000" : "2000000"], environment: environment
        ).result()
        func value(_ key: String) throws -> Double {
            guard let value = times[key] else { throw BenchmarkError("metric-times did not measure \(key)") }
            return value
        }
        func add(_ name: String, _ value: Double, _ unit: String, floor: Double? = nil, goal: Goal? = nil) {
            bench.report.add(Figure("metrics", name, value, unit, floor: floor, goal: goal, rounds: rounds))
        }
        let floor = try value("floor")
        for kind in ["counter", "counter, fraction", "gauge", "histogram", "distribution"] {
            add(kind + ", atomic addition as floor", try value(kind), "ns", floor: floor, goal: .valueAtMost(20))
        }
        add("allocations of ten million counts", try value("allocations"), "allocations", goal: .valueExactly(0))
        add("scrape of 5,000 series of ten services", try value("scrape"), "ms", goal: .valueAtMost(10))
        add("scrape of 5,000 series of one instance", try value("scrape of one instance"), "ms", goal: .valueAtMost(10))
    }
}
