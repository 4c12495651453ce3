import Foundation
import TestSupport
import Testing

@testable import RunnerService

/// Random sequences of everything that can happen, held against what is always true: `MILLRACE_SEEDS` asks for more.
struct DispatcherPropertyTests {
    private static let seeds = ProcessInfo.processInfo.environment["MILLRACE_SEEDS"].flatMap { Int($0) } ?? 200
    private static let groups = 8

    @Test(arguments: 0..<groups) func whateverHappensEveryJobHasAReasonAndComesToItsEnd(group: Int) throws {
        for seed in stride(from: group, to: Self.seeds, by: Self.groups) {
            guard let fault = try fault(seed: UInt64(seed), steps: 120) else { continue }
            Issue.record("seed \(seed): \(fault)")
            return
        }
    }

    private func fault(seed: UInt64, steps: Int) throws -> String? {
        let course = try MillCourse(seed: seed)
        var properties = MillProperties()
        func story(_ fault: String) -> String { ([fault] + course.log.suffix(100)).joined(separator: "\n  ") }
        for _ in 0..<steps {
            do {
                try course.step()
            } catch {
                return story("\(error)")
            }
            if let fault = try properties.fault(of: course.mill) { return story(fault) }
        }
        let live = try course.finish()
        guard live.isEmpty else {
            let reasons = try live.map { "\($0): \(try course.mill.why($0).map(\.message))" }
            let lines = course.mill.dispatcher.resources.resources.mapValues(\.line)
            return story("not over: \(reasons), lines \(lines)")
        }
        if let fault = try properties.fault(of: course.mill) { return story(fault) }
        guard course.doneTwice.isEmpty else { return story("done twice: \(course.doneTwice)") }
        let dispatcher = course.mill.dispatcher
        guard dispatcher.jobs.isEmpty, dispatcher.leases.isEmpty, dispatcher.lines == 0 else {
            return story(
                "something is left: \(dispatcher.jobs.keys), \(dispatcher.leases.keys), \(dispatcher.lines) lines")
        }
        let open = try course.mill.store.readBlocking {
            try $0.first("SELECT count(*) FROM attempt WHERE ended_at IS NULL") { $0.int(0) }
        }
        return open == 0 ? nil : story("\(open ?? 0) attempts have not ended")
    }
}
