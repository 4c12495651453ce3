import BackOffice
import Linux
import TestSupport
import Testing

@Suite struct SideBySideTests {
    @Test func asManyAsAllowedAreUnderWayAndNoMore() async throws {
        let now = Locked((running: 0, most: 0))
        let gate = Watched(0)
        let results = try await within(.seconds(10)) {
            try await SideBySide.map(Array(0..<20), atOnce: 5) { number in
                now.withLock {
                    $0.running += 1
                    $0.most = max($0.most, $0.running)
                }
                gate.update { $0 += 1 }
                // Nobody ends before five have begun.
                try await gate.wait(for: "five at once") { $0 >= 5 }
                now.withLock { $0.running -= 1 }
                return number * 2
            }
        }
        #expect(results == (0..<20).map { $0 * 2 })
        #expect(now.withLock { $0.most } == 5)
    }

    @Test func anErrorEndsItAndWhatHasNotBegunNeverBegins() async throws {
        let begun = Locked(0)
        await #expect(throws: Fault.self) {
            try await SideBySide.map(Array(0..<50), atOnce: 1) { number in
                begun.withLock { $0 += 1 }
                if number == 3 { throw Fault() }
            }
        }
        #expect(begun.withLock { $0 } == 4)
    }

    @Test func nothingToDoIsDone() async throws {
        #expect(try await SideBySide.map([Int](), atOnce: 0) { $0 } == [])
        #expect(try await SideBySide.map([1, 2], atOnce: 0) { $0 } == [1, 2], "at least one is under way")
    }
}
