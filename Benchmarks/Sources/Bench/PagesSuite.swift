import Foundation

/// What the checksums of a database's pages cost, beside a database without them.
enum PagesSuite {
    private struct Times: Decodable {
        var read: Double
        var read_bare: Double
        var write: Double
        var write_bare: Double
        var pages: Int
    }

    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(15)
        let folder = try bench.folder("pages")
        let times: Times = try Command(
            bench.product("inside-times"), ["pages", folder, bench.quick ? "8000" : "40000", "\(rounds)"]
        ).result()
        func add(_ figure: String, _ value: Double, floor: Double, most: Double) {
            bench.report.add(
                Figure(
                    "pages", figure, value / 1000, "us", floor: floor / 1000, goal: .ratioAtMost(most), rounds: rounds))
        }
        add("a page read from the file, without checksums as floor", times.read, floor: times.read_bare, most: 2)
        add("a page changed and copied back, without as floor", times.write, floor: times.write_bare, most: 1.25)
        bench.report.note("pages: \(times.pages) pages of 4 KiB")
    }
}
