import TestSupport
import Testing

/// `kill -9` of everything that can die, at random and at named points, under load. A look at each in every test run;
/// the whole table by `make crash`.
@Suite(
    .serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"),
    .enabled(if: Binary.exist("CrashWorker"), "the worker of the crash tests is not built"),
    .enabled(if: Tracer.isAllowed, "strace is not there or may not look into other processes"))
struct CrashTableTests {
    /// `MILLRACE_CRASH_SEED` repeats the moments, as far as time can be repeated.
    static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)
    /// `MILLRACE_CRASH_TABLE` is the file that the whole table is written to.
    static let document = environment("MILLRACE_CRASH_TABLE")
    /// `MILLRACE_CRASH_SHARE` percent of the whole table's kills.
    static let share = environment("MILLRACE_CRASH_SHARE").flatMap(Int.init) ?? (document == nil ? 0 : 100)

    @Test func noKillLosesAnAcknowledgedJobNorMakesOneCountTwice() async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        var rows: [CrashRow] = []
        let wanted = environment("MILLRACE_CRASH_ONLY")
        for (index, plan) in CrashPlan.all(share: Self.share).enumerated()
        where wanted.map({ plan.description.contains($0) }) ?? true {
            let before = clock.now
            let row = try await CrashCourse.run(plan, seed: Self.seed &+ UInt64(index) &* 7919)
            rows.append(row)
            #expect(row.faults.isEmpty, "\(plan), seed \(Self.seed): \(row.faults.joined(separator: "; "))")
            #expect(row.lost == 0 && row.doubled == 0, "\(plan), seed \(Self.seed)")
            for said in row.refusedStarts { print("a start was refused: \(said)") }
            if Self.share > 0 { print("\(CrashReport.line(row)) \((clock.now - before).components.seconds) s") }
        }
        let report = CrashReport(rows: rows, seed: Self.seed, took: clock.now - begun)
        if let document = Self.document {
            try report.write(to: document)
        }
    }
}
