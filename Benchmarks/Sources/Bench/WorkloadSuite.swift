import Foundation

enum WorkloadSuite {
    static func run(_ bench: Bench) throws {
        throw BenchmarkError("not written yet")
    }
}
