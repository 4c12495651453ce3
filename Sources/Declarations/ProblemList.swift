/// Collects what is wrong in the course of reading, so that all of it can be told at once.
///
/// It keeps at most ``perFile`` problems of a file and ``limit`` in all; how many more there were is told in their stead.
public final class ProblemList {
    public static let perFile = 100
    public static let limit = 1000

    private var kept: [Problem] = []
    private var counts: [String: Int] = [:]
    /// Problems that were not kept, by file.
    private var dropped: [String: Int] = [:]
    /// Errors so far, the dropped ones too.
    public private(set) var errors = 0

    public init() {}

    public func add(_ problem: Problem) {
        if problem.severity == .error { errors += 1 }
        let file = problem.place.file
        guard counts[file, default: 0] < Self.perFile, kept.count < Self.limit else {
            dropped[file, default: 0] += 1
            return
        }
        counts[file, default: 0] += 1
        kept.append(problem)
    }

    /// In the order of their places; problems of one place in the order in which they were found.
    public var all: [Problem] {
        let more = dropped.map { file, count in
            Problem(at: SourcePlace(file), "there are \(count) more problems; mend the others first")
        }
        return (kept + more).enumerated().sorted { one, other in
            (one.element.place, one.offset) < (other.element.place, other.offset)
        }.map(\.element)
    }
}
