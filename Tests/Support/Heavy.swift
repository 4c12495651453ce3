import Testing

/// Runs the suites that bear it one after the other, whatever else runs beside them: each of them starts processes of
/// its own, and several at once would make the machine too slow for their deadlines.
public struct HeavyTrait: SuiteTrait, TestScoping {
    private static let turn = Turn()

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // Code under test may adopt what its processes leave behind.
        OrphanReaper.start()
        await Self.turn.take()
        do {
            try await function()
        } catch {
            await Self.turn.give()
            throw error
        }
        await Self.turn.give()
    }
}

extension Trait where Self == HeavyTrait {
    /// One suite of this kind at a time, in the whole test run.
    public static var heavy: Self { Self() }
}

/// A turn that one holds; the others get it in the order of asking.
private actor Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        if !isTaken {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
