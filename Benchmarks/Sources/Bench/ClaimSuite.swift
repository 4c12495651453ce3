import Foundation

/// What taking jobs costs the store with few and with many others waiting in the same lane.
enum ClaimSuite {
    private struct Times: Decodable {
        var one_few: Double
        var one_many: Double
        var batch_few: Double
        var batch_many: Double
        var plan: String
    }

    static func run(_ bench: Bench) throws {
        let (few, many) = (1000, bench.quick ? 50_000 : 1_000_000)
        let rounds = bench.rounds(15)
        let folder = try bench.folder("claim")
        let times: Times = try Command(
            bench.product("inside-times"), ["claim", folder, "\(few)", "\(many)", "\(rounds + 1)"]
        ).result()
        func add(_ figure: String, _ value: Double, floor: Double) {
            bench.report.add(
                Figure(
                    "claim", "\(figure) of \(many) waiting, of \(few) as floor", value, "us", floor: floor,
                    goal: .ratioAtMost(1.5), rounds: rounds))
        }
        add("one job", times.one_many, floor: times.one_few)
        add("64 jobs", times.batch_many, floor: times.batch_few)
        bench.report.note("claim: the query plan is \(times.plan)")
    }
}
