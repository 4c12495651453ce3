import JSONCodec
import Linux
import Preloading

/// A dataset of the preloader's own, asked by the watchdog: what it answers went through a window, a source, and not a
/// cache.
final class CanaryBird: Sendable {
    private struct Echo: KeyedSource {
        func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
            .rows(keys.map { SourceRow($0, JSONRaw($0)) })
        }
    }

    private let dataset: Dataset

    init(time: any TimeSource) {
        var rules = DatasetRules()
        rules.window.age = .milliseconds(1)
        rules.cache.entries = 0
        dataset = Dataset("millrace.canary", rules, source: .keyed(Echo()), time: time)
    }

    func sing() async throws {
        async let one = dataset.fetch([LoadKey("one"), LoadKey("both")], of: .shared)
        async let other = dataset.fetch([LoadKey("both")], of: .shared)
        let (first, second) = try await (one, other)
        guard first == [.value(JSONRaw("one")), .value(JSONRaw("both"))], second == [.value(JSONRaw("both"))] else {
            throw CanaryError()
        }
    }
}

/// The canary got another answer than its own words.
struct CanaryError: Error, CustomStringConvertible {
    var description: String { "a load of the preloader's own did not come through" }
}
