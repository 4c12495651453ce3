import Categorization
import Linux

/// Room for one caller at work, with what was found for texts like the next one.
struct Bench {
    var cache = MatchCache(capacity: 2000)
    var scratch = ModelScratch()
    fileprivate var library = -1
}

/// Benches that are lent out and come back warm. Bounded: those above the bound are let go of.
final class BenchRoom: Sendable {
    private let free: Locked<[Bench]>
    private let most: Int

    init(most: Int = 4) {
        self.most = most
        free = Locked([])
    }

    /// Runs `body` with a bench that fits the library.
    func use<Result>(_ library: Library, _ body: (inout Bench) -> Result) -> Result {
        var bench = free.withLock { $0.popLast() } ?? Bench()
        if bench.library != library.number {
            bench = Bench()
            bench.library = library.number
        }
        let result = body(&bench)
        free.withLock { [most] in if $0.count < most { $0.append(bench) } }
        return result
    }

    func clear() { free.withLock { $0 = [] } }
}
