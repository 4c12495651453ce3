import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite struct DependencyTests {
    let yard: JobYard

    init() throws { yard = try JobYard() }

    private func after(
        _ ids: [JobID], _ mode: DependencyMode? = nil, key: String? = nil, runAt: Timestamp? = nil
    )
        throws -> JobReceipt
    {
        try yard.submit(
            JobSpecification(kind: "after", key: key, runAt: runAt, after: ids, afterMode: mode)
        ).receipt
    }

    @Test func aJobWaitsForAllItComesAfter() throws {
        let parents = try (0..<2).map { _ in try yard.submit(.plain()).receipt.id }
        let child = try after(parents + parents)
        #expect(child.hold == .dependency)
        try yard.claim("plain", 2)
        #expect(try yard.finish(parents[0]).changes.lanes.isEmpty)
        #expect(try yard.place(child.id) == "ready/dependency")
        #expect(
            try yard.finish(parents[1]).changes.lanes == [
                Lane(queue: "default", kind: "after", uid: 1000)
            ])
        #expect(try yard.place(child.id) == "ready")
        #expect(try yard.detail(child.id).job.after == parents)
    }

    @Test func aFailureCancelsWhoeverNeededTheSuccessAndThoseAfterThem() throws {
        let parent = try yard.submit(.plain()).receipt.id
        let child = try after([parent]).id
        let grandchild = try after([child]).id
        let patient = try after([child], .always).id
        try yard.claim("plain")
        let changes = try yard.finish(parent, .failed).changes
        #expect(changes.ended.map(\.id) == [child, grandchild])
        #expect(try yard.job(child).cause == "job \(parent), which it waited for, failed")
        #expect(try yard.job(grandchild).cause == "job \(child), which it waited for, was cancelled")
        #expect(try yard.place(patient) == "ready")
        #expect(changes.lanes == [Lane(queue: "default", kind: "after", uid: 1000)])
    }

    @Test func thoseThatAreOverAreJudgedAtOnce() throws {
        let good = try yard.submit(.plain()).receipt.id
        let bad = try yard.submit(.plain()).receipt.id
        try yard.claim("plain", 2)
        try yard.finish(good)
        try yard.finish(bad, .failed)
        #expect(try after([good]).hold == nil)
        #expect(try after([good]).state == .ready)
        #expect(try after([bad], .always).state == .ready)
        let late = try after([good, bad])
        #expect(late.state == .cancelled)
        #expect(try yard.job(late.id).cause == "job \(bad), which it waited for, failed")
        #expect(try yard.detail(late.id).transitions?.map(\.to) == [.scheduled, .cancelled])
    }

    @Test func anUnknownOneIsNamed() throws {
        let error = #expect(throws: JobError.self) { try after([JobID(77)]) }
        #expect(error == .noPredecessor(JobID(77)))
        #expect(error?.rpcError.field == "after[0]")
        #expect(error?.rpcError.reason == "job.notFound")
        #expect(try yard.ids("SELECT id FROM job").isEmpty)
    }

    @Test func itsTimeAndItsKeyAreObservedToo() throws {
        let parent = try yard.submit(.plain()).receipt.id
        let later = try after([parent], runAt: yard.now + .seconds(60)).id
        #expect(try yard.place(later) == "scheduled/dependency")
        for _ in 0..<2 { try yard.submit(.keyed("clinic", "after")) }
        let keyed = try after([parent], key: "clinic").id
        try yard.claim("plain")
        let changes = try yard.finish(parent).changes
        #expect(try yard.place(later) == "scheduled")
        #expect(changes.nextScheduled == yard.now + .seconds(60))
        #expect(try yard.place(keyed) == "ready/key")
    }

    @Test func aTimeThatComesFirstDoesNotStartIt() throws {
        let parent = try yard.submit(.plain()).receipt.id
        let child = try after([parent], runAt: yard.now + .seconds(60)).id
        yard.advance(by: .seconds(61))
        try yard.promote()
        #expect(try yard.place(child) == "scheduled/dependency")
        try yard.claim("plain")
        try yard.finish(parent)
        #expect(try yard.place(child) == "ready")
    }

    @Test func aBuriedOneIsReleasedInTheGround() throws {
        let parents = try (0..<2).map { _ in try yard.submit(.plain()).receipt.id }
        let child = try after(parents).id
        try yard.bury(child)
        try yard.claim("plain", 2)
        try yard.finish(parents[0])
        try yard.redrive(JobRedrive.Params(ids: [child]))
        #expect(try yard.place(child) == "ready/dependency")
        try yard.bury(child)
        try yard.finish(parents[1])
        #expect(try yard.place(child) == "ready/bury")
        try yard.redrive(JobRedrive.Params(buried: true))
        #expect(try yard.place(child) == "ready")
    }

    @Test func redrivingAJobThatIsNotThereNamesTheParameter() throws {
        let error = #expect(throws: JobError.self) { try yard.redrive(JobRedrive.Params(ids: [JobID(4711)])) }
        #expect(error?.rpcError.field == "ids" && error?.rpcError.reason == "job.notFound")
    }

    @Test func aJobRetriedByHandDoesNotWaitAgainAndRevivesNobody() throws {
        let parent = try yard.submit(.plain()).receipt.id
        let child = try after([parent]).id
        try yard.claim("plain")
        try yard.finish(parent, .failed)
        try yard.retry(parent)
        #expect(try yard.place(child) == "cancelled")
        try yard.retry(child)
        #expect(try yard.place(child) == "ready")
        try yard.claim("plain")
        try yard.finish(parent, .failed)
        #expect(try yard.place(child) == "ready")
    }

    @Test func aLongChainFallsInOneTransaction() throws {
        let first = try yard.submit(.plain()).receipt.id
        var last = first
        for _ in 0..<500 { last = try after([last]).id }
        #expect(try yard.cancel(first).changes.ended.count == 500)
        #expect(try yard.job(last).state == .cancelled)
    }
}
