import Testing

@testable import RunnerService

struct BacklogTests {
    @Test func noMoreThanTheLimitIsTakenInAndWhatEndsMakesRoom() throws {
        let backlog = Backlog(limit: 3)
        try backlog.reserve(2)
        #expect(throws: JobError.queueFull(limit: 3)) { try backlog.reserve(2) }
        #expect(backlog.count == 2, "a refused batch takes no place")
        try backlog.reserve(1)
        backlog.add(-1)
        try backlog.reserve(1)
        backlog.limit = 10
        try backlog.reserve(7)
        #expect(throws: JobError.self) { try backlog.reserve(1) }
    }
}
