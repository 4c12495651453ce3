import MillraceStore
import Testing

@testable import RunnerService

/// Whose submissions and claims go before the bookkeeping of others.
struct SubmissionTurnsTests {
    @Test func onlyFewJobsOfAGuestGoFirst() {
        var turns = SubmissionTurns()
        #expect(turns.begin(1, of: 7, isGuest: true) == .express)
        #expect(turns.begin(SubmissionTurns.handful, of: 7, isGuest: true) == .express)
        #expect(turns.begin(SubmissionTurns.handful + 1, of: 7, isGuest: true) == .usual)
        #expect(turns.begin(1, of: 8, isGuest: false) == .usual)
    }

    @Test func whatOneUserSubmitsStaysInItsOrder() {
        var turns = SubmissionTurns()
        let large = turns.begin(1000, of: 7, isGuest: true)
        let second = turns.begin(1, of: 7, isGuest: true)
        #expect(large == .usual && second == .usual, "it may not be written before the one that came first")
        #expect(turns.begin(1, of: 8, isGuest: true) == .express, "others are not concerned")
        turns.end(large, of: 7)
        #expect(turns.begin(1, of: 7, isGuest: true) == .usual, "the second still waits")
        turns.end(second, of: 7)
        turns.end(.usual, of: 7)
        #expect(turns.begin(1, of: 7, isGuest: true) == .express)
    }

    @Test func anExpressOneThatEndsChangesNothingForThoseThatWait() {
        var turns = SubmissionTurns()
        let first = turns.begin(1, of: 7, isGuest: true)
        _ = turns.begin(20, of: 7, isGuest: true)
        turns.end(first, of: 7)
        #expect(turns.begin(1, of: 7, isGuest: true) == .usual)
    }
}
