import Foundation
import Linux
import MillraceProtocol
import MillraceStore

@testable import RunnerInside

/// A claim of one job, and of 64, with few and with many others waiting in the same lane: microseconds of the writer's
/// processor time. Each claim is undone, so that all find the same.
struct ClaimTimes: Encodable {
    var one_few: Double
    var one_many: Double
    var batch_few: Double
    var batch_many: Double
    /// How SQLite goes about it.
    var plan: String

    private struct Undone: Error {
        var nanoseconds: Double
    }

    private static let lane = Lane(queue: "default", kind: "noop", uid: 0)

    init(folder: String, few: Int, many: Int, rounds: Int) throws {
        let small = try Self.store("\(folder)/claim-few.sqlite", jobs: few)
        let large = try Self.store("\(folder)/claim-many.sqlite", jobs: many)
        defer {
            small.close()
            large.close()
        }
        var times: [[Double]] = Array(repeating: [], count: 4)
        for round in 0..<rounds {
            let measured = try [
                Self.time(small, jobs: 1), Self.time(large, jobs: 1), Self.time(small, jobs: 64),
                Self.time(large, jobs: 64),
            ]
            // The first has to read its pages from the file.
            guard round > 0 || rounds == 1 else { continue }
            for (index, value) in measured.enumerated() { times[index].append(value) }
        }
        one_few = median(times[0])
        one_many = median(times[1])
        batch_few = median(times[2])
        batch_many = median(times[3])
        plan = try large.readBlocking { db in
            try db.query(
                "EXPLAIN QUERY PLAN \(JobStore.claimable)", "default", "noop", 0, 1
            ) { $0.text(3) }.joined(separator: "; ")
        }
    }

    private static func store(_ path: String, jobs: Int) throws -> Database {
        let store = try Database.open(path, migrations: JobStore.migrations, durability: .crash)
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        var left = jobs
        while left > 0 {
            let count = min(left, 1000)
            try store.writeBlocking(.crash) { db in
                for _ in 0..<count {
                    let submission = Submission(
                        JobSpecification(kind: "noop"), StoreRules(), uid: 0,
                        correlationId: "0123456789abcdef0123456789abcdef", durability: { _ in .crash })
                    _ = try JobStore.submit(db, submission, StoreRules(), now: now)
                }
            }
            left -= count
        }
        return store
    }

    /// The median of a few claims, each undone.
    private static func time(_ store: Database, jobs: Int) throws -> Double {
        let request = ClaimRequest(lanes: [.init(lane: lane, most: jobs, isPlain: true)], count: jobs)
        let times = try (0..<20).map { _ in
            do {
                try store.writeBlocking(.crash) { db in
                    let start = threadTime()
                    let claimed = try JobStore.claim(db, [request], now: Timestamp(milliseconds: 1_800_000_001_000))
                    precondition(claimed.jobs.count == jobs)
                    throw Undone(nanoseconds: threadTime() - start)
                }
                return 0.0
            } catch let undone as Undone {
                return undone.nanoseconds / 1000
            }
        }
        return median(times)
    }
}
