/// What guarding a call costs when nothing goes wrong.
enum ResilienceSuite {
    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(9)
        let times: [String: Double] = try Command(
            bench.product("resilience-times"), ["\(rounds)", bench.quick ? "5000" : "50000"]
        ).result()
        func add(_ name: String, _ key: String, floor: String, goal: Goal? = nil) throws {
            guard let value = times[key], let least = times[floor] else {
                throw BenchmarkError("resilience-times did not measure \(key) and \(floor)")
            }
            bench.report.add(
                Figure(
                    "resilience", name, value / 1000, "us", floor: least / 1000, goal: goal, rounds: rounds))
        }
        try add("all five around a call, empty call as floor", "five", floor: "call", goal: .valueAtMost(1))
        try add("deadline, empty call as floor", "deadline", floor: "call")
        try add("retry with budget, empty call as floor", "retry", floor: "call")
        try add("breaker, lock as floor", "breaker", floor: "lock")
        try add("bulkhead by key, lock as floor", "bulkhead", floor: "lock")
        try add("token bucket, lock as floor", "rate", floor: "lock")
        try add("warm resource of a pool, lock as floor", "pool", floor: "lock", goal: .valueAtMost(1))
        try add("all five around a call that changes threads, a yield as floor", "five, waiting", floor: "yield")
    }
}
