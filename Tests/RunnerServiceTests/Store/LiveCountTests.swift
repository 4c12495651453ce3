import MillraceProtocol
import Testing

@testable import RunnerService

/// The runner counts live jobs in memory, by what transactions tell it; these are the ways in and out that have no
/// submission or end of their own.
struct LiveCountTests {
    private let yard: JobYard

    init() throws { yard = try JobYard() }

    private func late(_ mode: DependencyMode? = nil) throws -> Taken {
        let parent = try yard.submit(.plain()).receipt.id
        try yard.cancel(parent)
        return try yard.submit(JobSpecification(kind: "after", after: [parent], afterMode: mode))
    }

    @Test func aJobThatEndsAsItIsTakenInIsToldAsEnded() throws {
        let taken = try late()
        #expect(taken.receipt.state == .cancelled)
        #expect(taken.changes.ended.map(\.id) == [taken.receipt.id])
        #expect(try late(.always).changes.ended.isEmpty)
    }

    @Test func aRetriedJobIsToldAsLiveAgain() throws {
        let first = try yard.submit(.plain()).receipt.id
        try yard.cancel(first)
        #expect(try yard.retry(first).created.map(\.kind) == ["plain"])
        try yard.cancel(first)
        #expect(try yard.redrive(JobRedrive.Params(ids: [first])).changes.created.count == 1)
    }

    @Test func oneThatIsDugOutWasLiveAllTheTime() throws {
        let id = try yard.submit(.plain()).receipt.id
        try yard.bury(id)
        #expect(try yard.redrive(JobRedrive.Params(ids: [id])).changes.created.isEmpty)
    }
}
