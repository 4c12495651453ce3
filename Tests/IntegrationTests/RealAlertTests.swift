import Foundation
import Simulators
import TestSupport
import Testing

/// Every built-in alert, made to fire by what it is about in a suite that runs: processes that hang, die and crawl, a disk that
/// is full, jobs that fail, a chat service that takes its time. And an hour in which nothing is wrong.
///
/// The metrics service lives sixty minutes in one of ours, so that what lasts ten minutes takes ten seconds; all others live as
/// they do. By `make alerts`, for it takes some minutes.
@Suite(
    .serialized, .heavy, .enabled(if: environment("MILLRACE_ALERT_TRIALS") != nil, "by make alerts"),
    .enabled(if: RunningSuite.isBuilt && Binary.exist("libMovedClock.so"), "the executables are not built"))
struct RealAlertTests {
    private static let quick: [String: String?] = [
        "LD_PRELOAD": Binary.path("libMovedClock.so"), "MOVED_CLOCK_RATE": "60",
        "MOVED_CLOCK_PROGRAM": "millrace-metrics", "MILLRACE_METRICS_TICK_SEC": "1", "MILLRACE_METRICS_PORT": "0",
        // Workers publish each quarter of a minute, which is a quarter of an hour there.
        "MILLRACE_METRICS_STALE_SEC": "1200", "MILLRACE_METRICS_GONE_SEC": "7200",
        "MILLRACE_RUNNER_PUBLISH_SEC": "1", "MILLRACE_PRELOADER_PUBLISH_SEC": "1",
        "MILLRACE_SCHEDULER_PUBLISH_SEC": "1", "MILLRACE_CATEGORIZER_PUBLISH_SEC": "1",
        "MILLRACE_BACKOFFICE_SUMMARIES": "chat", "MILLRACE_BACKOFFICE_CHAT_MODELS": "some/model",
    ]

    private func run(_ body: (AlertTrial) async throws -> Void) async throws {
        let (slowChat, slowCalendar) = (Watched(false), Watched(false))
        let said =
            #"{"id":"1","model":"some/model","choices":[{"message":{"role":"assistant","content":"- Grind"}}]}"#
        try await HTTPSimulator.run(answer: { call in
            guard call.path.hasPrefix("/clinic") else {
                return .json(said, after: slowChat.value ? .seconds(12) : .zero)
            }
            // Good for a login, a configuration and a day without appointments.
            return .json(#"{"token":"t","events":[]}"#, after: slowCalendar.value ? .seconds(20) : .zero)
        }) { outside in
            let environment = Self.quick.merging(["MILLRACE_BACKOFFICE_CHAT_URL": outside.url("/v1/chat")]) { $1 }
            try await RunningSuite.run(environment: environment) { suite in
                try await body(
                    try AlertTrial(
                        suite, calendar: outside.url("/clinic"), slowChat: slowChat, slowCalendar: slowCalendar))
            }
        }
    }

    @Test func noneFiresInAnHourOfOrdinaryWork() async throws {
        try await run { trial in
            try await trial.prepare()
            let clock = ContinuousClock()
            let end = clock.now + .seconds(75)
            var turns = 0
            while clock.now < end {
                try await trial.work()
                turns += 1
                let firing = try await trial.firing()
                #expect(firing.isEmpty, "after \(turns) turns: \(firing)")
            }
            #expect(turns > 20)
            let told = try await trial.metrics("alert.list", #"{"events":1000}"#)["events"].elements
            #expect(Set(told.filter(trial.isReal).compactMap { $0["rule"].string }).isEmpty, "\(told)")
        }
    }

    @Test(.enabled(if: SmallDisk.hindrance == nil, "no small disk: \(SmallDisk.hindrance ?? "")"))
    func eachFiresOnItsRealFailureAndClears() async throws {
        try await run { trial in
            let disk = try SmallDisk(megabytes: 96)
            try await trial.prepare(runnerOn: disk)
            for _ in 0..<5 { try await trial.work() }
            let watching = Task { try await trial.watch() }
            defer { watching.cancel() }

            try await trial.calendarsCrawl()
            try await trial.jobsFail()
            try await trial.jobsPileUp()
            try await trial.breakerOpens()
            try await trial.labelsGrow()
            try await trial.readersAreBusy()
            try await trial.briefsAreSlow()
            try await trial.planningIsSlow()
            try await trial.diskCrawls()
            try await trial.categorizerCrawls()
            try await trial.categorizerFails()
            try await trial.servicesDie()
            try await trial.memoryGrows()
            try await trial.calendarsAreBack()
            try await trial.diskIsFull(disk)
            try await trial.servicesHang()

            let rules = Set(try await trial.metrics("alert.list")["rules"].elements.compactMap(\.string))
            try await eventually("all have cleared", within: .seconds(300), every: .milliseconds(500)) {
                try await trial.firing().isEmpty
            }
            let course = trial.course.value
            #expect(Set(course.keys) == rules.subtracting(["heartbeat"]))
            if let document = environment("MILLRACE_ALERT_TRIALS"), document.hasPrefix("/") {
                try trial.write(to: document)
            }
        }
    }
}
