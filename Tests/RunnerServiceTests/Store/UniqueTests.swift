import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite struct UniqueTests {
    let yard: JobYard

    init() throws { yard = try JobYard() }

    private func unique(_ mode: UniqueMode? = nil, key: String? = nil, after: [JobID]? = nil)
        -> JobSpecification
    {
        JobSpecification(kind: "plain", key: key, after: after, uniqueKey: "report", uniqueMode: mode)
    }

    @Test func aSecondLiveJobOfAUniqueKeyIsRefusedByDefault() throws {
        let first = try yard.submit(unique()).receipt.id
        let error = #expect(throws: JobError.self) { try yard.submit(unique()) }
        #expect(error == .uniqueTaken("report", by: first))
        #expect(error?.rpcError.status == .alreadyExists)
        #expect(error?.rpcError.reason == "job.uniqueTaken")
        try yard.claim("plain")
        #expect(throws: JobError.uniqueTaken("report", by: first)) { try yard.submit(unique()) }
        try yard.finish(first)
        #expect(try yard.submit(unique()).receipt.duplicate == false)
    }

    @Test func theLiveOneIsKept() throws {
        let first = try yard.submit(unique(.keep))
        let second = try yard.submit(unique(.keep))
        #expect(second.receipt.id == first.receipt.id)
        #expect(second.receipt.duplicate)
        #expect(second.changes.lanes.isEmpty)
    }

    @Test func aWaitingOneIsReplacedInItsPlace() throws {
        let first = try yard.submit(unique()).receipt.id
        yard.advance(by: .seconds(1))
        let other = try yard.submit(.plain()).receipt.id
        yard.advance(by: .seconds(1))
        let taken = try yard.submit(unique(.replace))
        let second = taken.receipt.id
        #expect(taken.receipt.replaced == first)
        #expect(taken.changes.ended.map(\.id) == [first])
        #expect(try yard.job(first).state == .cancelled)
        #expect(try yard.job(first).cause == "replaced by job \(second)")
        #expect(try yard.claim("plain", 2).map(\.brief.id) == [second, other])
        #expect(throws: JobError.uniqueTaken("report", by: second)) {
            try yard.submit(unique(.replace))
        }
    }

    @Test func thePlaceInTheLineOfAKeyIsTakenOver() throws {
        let admitted = try yard.submit(unique(key: "clinic")).receipt.id
        let others = try (0..<3).map { _ in try yard.submit(.keyed("clinic")).receipt.id }
        let second = try yard.submit(unique(.replace, key: "clinic")).receipt
        #expect(second.replaced == admitted)
        #expect(second.hold == nil)
        #expect(try others.map { try yard.place($0) } == ["ready", "ready/key", "ready/key"])
        // To another key: the line moves up.
        try yard.submit(unique(.replace, key: "other"))
        #expect(try others.map { try yard.place($0) } == ["ready", "ready", "ready/key"])
    }

    @Test func aJobThatComesAfterTheOneItReplacesEndsWithIt() throws {
        let first = try yard.submit(unique()).receipt.id
        let second = try yard.submit(unique(.replace, after: [first])).receipt
        #expect(second.state == .cancelled)
        #expect(try yard.job(second.id).cause == "job \(first), which it waited for, was cancelled")
    }

    @Test func aRetriedJobIsCheckedAgain() throws {
        let first = try yard.submit(unique()).receipt.id
        try yard.cancel(first)
        let second = try yard.submit(unique()).receipt.id
        #expect(throws: JobError.uniqueTaken("report", by: second)) { try yard.retry(first) }
        let driven = try yard.redrive(JobRedrive.Params(states: [.cancelled]))
        #expect(driven.result == JobRedrive.Result(redriven: 0, more: false))
        try yard.cancel(second)
        try yard.retry(first)
        #expect(try yard.place(first) == "ready")
    }
}
