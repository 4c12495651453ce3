import Foundation

/// What every suite needs: where the programs are, where it may write, how often to measure.
struct Bench {
    let report: Report
    let quick: Bool
    /// A folder of this run alone, on the disk that is measured; gone afterwards.
    let scratch: String
    let floors: String
    private let products: String
    private let chosenRounds: Int?

    init(_ options: Options, report: Report) throws {
        self.report = report
        quick = options.quick
        floors = options.floors
        products = options.products
        chosenRounds = options.rounds
        var template = Array("\(options.scratch ?? "/var/tmp")/millrace-bench.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw BenchmarkError("no scratch folder: errno \(errno)") }
        scratch = String(cString: made)
        chmod(scratch, 0o755)
    }

    func cleanUp() {
        try? FileManager.default.removeItem(atPath: scratch)
    }

    func rounds(_ usual: Int) -> Int { chosenRounds ?? (quick ? 2 : usual) }

    /// Seconds of one measurement.
    func seconds(_ usual: Double) -> Double { quick ? min(usual, 0.2) : usual }

    func path(_ name: String) -> String { "\(scratch)/\(name)" }

    func folder(_ name: String) throws -> String {
        let path = path(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// One of the C programs.
    func floor(_ name: String) -> String { "\(floors)/\(name)" }

    /// One of the Swift executables, of the suite or of the benchmarks.
    func product(_ name: String) throws -> String {
        let path = "\(products)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else { throw BenchmarkError("\(name) is not built") }
        return path
    }
}
