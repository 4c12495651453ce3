/// A line of the table: what was killed how often, and what became of the jobs.
struct CrashRow: Sendable {
    var plan: CrashPlan
    /// Kills at the point that the line is about.
    var kills = 0
    /// Items in work, as the workers knew them, summed over the kills.
    var held = 0
    /// Submissions whose answer did not come, each of which was asked for again.
    var unanswered = 0
    var acknowledged = 0
    var jobs = 0
    /// Attempts that the runner noted as ended by a kill.
    var cutShort = 0
    var lost = 0
    var doubled = 0
    var failed = 0
    var faults: [String] = []
    /// What starts said that ended by themselves: each was repeated, as a service manager does.
    var refusedStarts: [String] = []
    /// From SIGKILL to the next attempt, in nanoseconds: of a worker's item to its next, of the runner to the first of all.
    var times: [Int] = []
}
