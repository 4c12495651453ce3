import JSONCodec
import Linux
import MillraceProtocol
import TestSupport

@testable import Preloading

/// A source that answers each key with its name, counts, and can be held up.
final class CountingSource: KeyedSource {
    struct History: Sendable {
        var calls: [[String]] = []
        var scopes: [KeyScope] = []
        var running = 0
        var most = 0
        var cancelled = 0
    }

    let history = Watched(History())
    private let gate = Watched(true)
    private let answer: @Sendable ([String]) throws -> SourceAnswer

    init(_ answer: @escaping @Sendable ([String]) throws -> SourceAnswer = CountingSource.names) {
        self.answer = answer
    }

    static func names(_ keys: [String]) -> SourceAnswer { .rows(keys.map { SourceRow($0, JSONRaw($0)) }) }

    func hold() { gate.update { $0 = false } }
    func release() { gate.update { $0 = true } }

    func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
        history.update {
            $0.calls.append(keys)
            $0.scopes.append(call.scope)
            $0.running += 1
            $0.most = max($0.most, $0.running)
        }
        defer { history.update { $0.running -= 1 } }
        try await withTaskCancellationHandler {
            while !gate.value {
                if Task.isCancelled {
                    history.update { $0.cancelled += 1 }
                    throw CancellationError()
                }
                // Woken by the release or the cancellation, whichever comes first.
                _ = try? await gate.wait(within: .milliseconds(50), for: "release") { $0 }
            }
        } onCancel: {
        }
        return try answer(keys)
    }
}

/// A source of so many pages, each of ten rows "k0"…; it counts which were read.
final class BookSource: PagedSource {
    let read = Watched<[String]>([])
    private let pages: Int
    private let next: @Sendable (Int) -> String?

    init(pages: Int, next: (@Sendable (Int) -> String?)? = nil) {
        self.pages = pages
        self.next = next ?? { $0 + 1 < pages ? "\($0 + 1)" : nil }
    }

    func page(after cursor: String?, for keys: [String], _ call: SourceCall) async throws -> SourcePage {
        let page = cursor.flatMap { Int($0) } ?? 0
        read.update { $0.append(cursor ?? "first") }
        let rows = (0..<10).map { SourceRow("k\(page * 10 + $0)", JSONRaw(page * 10 + $0)) }
        return SourcePage(rows: rows, next: next(page))
    }
}

extension Dataset {
    /// One with a counting source.
    static func counted(
        _ source: CountingSource, time: any TimeSource, _ change: (inout DatasetRules) -> Void = { _ in },
        notice: @escaping @Sendable (Notice) -> Void = { _ in }
    ) -> Dataset {
        var rules = DatasetRules()
        rules.window.age = .milliseconds(10)
        change(&rules)
        return Dataset("rates", rules, source: .keyed(source), time: time, notice: notice)
    }

    func fetch(_ keys: String...) async throws -> [KeyOutcome] {
        try await fetch(keys.map { LoadKey($0) }, of: .shared)
    }
}
