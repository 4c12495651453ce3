/// The 365-byte envelope, read into typed values and written again.
enum CodecSuite {
    struct Times: Decodable {
        var ours_decode: Double
        var ours_encode: Double
        var ours_envelope: Double
        var foundation_decode: Double
        var foundation_encode: Double
    }

    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(9)
        let times: Times = try Command(
            bench.product("codec-times"), ["\(rounds)", bench.quick ? "5000" : "20000"]
        ).result()
        func add(_ name: String, _ value: Double, floor: Double? = nil, goal: Goal? = nil) {
            bench.report.add(
                Figure(
                    "codec", name, value / 1000, "us", floor: floor.map { $0 / 1000 }, goal: goal, rounds: rounds))
        }
        let ours = times.ours_decode + times.ours_encode
        let foundation = times.foundation_decode + times.foundation_encode
        add("envelope decode and encode", ours, goal: .valueAtMost(3))
        add("envelope decode, payload kept raw", times.ours_envelope)
        add("decode, Foundation as floor", times.ours_decode, floor: times.foundation_decode)
        add("encode, Foundation as floor", times.ours_encode, floor: times.foundation_encode)
        bench.report.add(
            Figure(
                "codec", "times faster than Foundation", foundation / ours, "x", goal: .valueAtLeast(8),
                rounds: rounds))
    }
}
