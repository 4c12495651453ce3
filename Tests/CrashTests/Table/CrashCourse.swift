import Glibc
import TestSupport

/// Carries one line of the plan out: load, kills, drain, judgement.
struct CrashCourse {
    private struct Strike {
        var at: Int
        /// The items that a killed worker held; none where the runner was killed.
        var lost: [Effects.Lease]
    }

    private let plan: CrashPlan
    private let site: CrashSite
    private let load: CrashLoad
    private var random: SeededGenerator
    private var effects: Effects
    private var strikes: [Strike] = []
    private var row: CrashRow

    static func run(_ plan: CrashPlan, seed: UInt64) async throws -> CrashRow {
        if case .firstStart(let call, let upgrade) = plan.way {
            return try await FirstStart(plan, call, upgrade).run()
        }
        var course = try CrashCourse(plan, seed: seed)
        do {
            return try await course.run()
        } catch {
            throw TestFailure("\(plan): \(error)\nthe runner's last words:\n\(course.site.runner.said.suffix(3000))")
        }
    }

    private init(_ plan: CrashPlan, seed: UInt64) throws {
        self.plan = plan
        row = CrashRow(plan: plan)
        random = SeededGenerator(seed: seed)
        var mix = CrashLoad.Mix()
        var (outside, pool, pause) = (2, 2, useconds_t(8000))
        switch plan.way {
        case .outside: (outside, mix.longest, pause) = (3, 30, 3000)
        case .pooled(let processes): (pool, mix.pooled, mix.longest, pause) = (processes, 60, 20, 6000)
        case .command: (mix.command, mix.longest, pause) = (60, 60, 20000)
        default: break
        }
        // Wide enough that others have room for what a killed one held.
        site = try CrashSite(outside: outside, capacity: outside > 2 ? 32 : 4, pool: pool)
        effects = Effects(site.effects)
        // A worker's kinds are known from its first registration on; callers are patient until then.
        load = CrashLoad(site.runner.socket, mix: mix, pause: pause, seed: seed)
    }

    private mutating func run() async throws -> CrashRow {
        defer {
            load.hangUp()
            effects.close()
        }
        try await site.runner.start()
        try await joined()
        switch plan.way {
        case .random(let longest):
            while row.kills < plan.kills { try await killRunner(within: longest) }
        case .call(let call):
            try await site.runner.kill()
            for number in 1...plan.kills { try await killRunner(at: call, number) }
        case .callAfter(let call, let signal):
            for number in 1...plan.kills { try await killRunner(at: call, number, after: signal) }
        case .everything:
            while row.kills < plan.kills { try await killEverything() }
        case .outside, .pooled, .command: try await killWorkers()
        case .firstStart: break
        }
        return try await judged()
    }

    private mutating func start() async throws {
        while true {
            do { return try await site.runner.start() } catch {
                guard try await refused() else { throw error }
            }
        }
    }

    /// Whether a start ended by itself; that is noted.
    private mutating func refused() async throws -> Bool {
        guard site.runner.hasEnded, let ending = try await site.runner.ended(), case .exited = ending else {
            return false
        }
        row.refusedStarts.append("\(ending) \(site.runner.said.suffix(300))")
        guard row.refusedStarts.count < 20 else { throw TestFailure("it does not start: \(ending)") }
        return true
    }

    private func joined() async throws {
        let site = site
        try await eventually("the workers join", within: .seconds(20)) {
            let names = try await site.runner.call("worker.list")["workers"].elements.map { $0["name"].string }
            return names.count { $0 == "outside" } == site.outside.value.count && names.contains("pooled")
        }
    }

    // MARK: The runner

    private mutating func killRunner(within longest: Int) async throws {
        if site.runner.hasEnded { try site.runner.launch() }
        try await pause(longest)
        if try await refused() { return }
        try await strike { try await $0.runner.kill() }
        row.kills += 1
    }

    /// Notes what was in work and when.
    private mutating func strike(_ strike: (CrashSite) async throws -> Void) async throws {
        effects.update()
        let at = Effects.now
        try await strike(site)
        noteStrike(at)
    }

    private mutating func noteStrike(_ at: Int) {
        effects.update()
        row.held += effects.held.values.reduce(0) { $0 + $1.count }
        effects.forgetAll()
        strikes.append(Strike(at: at, lost: []))
    }

    private static func tracer(_ call: String, _ number: Int) -> [String] {
        [
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
            "inject=\(call):signal=KILL:when=\(number)",
        ]
    }

    private mutating func killRunner(at call: String, _ number: Int) async throws {
        try site.runner.launch(under: Self.tracer(call, number))
        if try await dies(within: .seconds(5)) {
            if try await !refused() { row.kills += 1 }
            return
        }
        try await strike { site in
            let pid = site.runnerPid
            try await site.runner.killGroup()
            try await eventually("the traced runner is gone") { !Self.lives(pid) }
        }
    }

    private mutating func killRunner(at call: String, _ number: Int, after signal: Int32) async throws {
        if site.runner.hasEnded { try await start() }
        try await pause(60)
        let tracer = try RunningProcess(
            Self.tracer(call, number).filter { $0 != "-qq" } + ["-p", "\(site.runner.pid)"])
        try await tracer.waitForOutput("attached", within: .seconds(20))
        site.declare(pool: 2, concurrency: 20 + number)
        site.runner.signal(signal)
        // A runner that drains without so many calls has ended by itself, and one that reloads goes on.
        if try await dies(within: signal == SIGTERM ? .seconds(20) : .milliseconds(300)) {
            if try await site.runner.ended() == .killed(signal: SIGKILL) { row.kills += 1 }
        } else {
            try await strike { try await $0.runner.kill() }
        }
        try await tracer.wait(within: .seconds(10))
    }

    /// Waits for the runner to end by what was arranged; false when it does not.
    private mutating func dies(within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while !site.runner.hasEnded {
            if ContinuousClock.now > deadline { return false }
            try await Task.sleep(for: .milliseconds(1))
        }
        noteStrike(Effects.now)
        return true
    }

    private mutating func killEverything() async throws {
        if site.runner.hasEnded { try site.runner.launch() }
        try await pause(250)
        if try await refused() { return }
        try await strike { site in
            let pooled = site.leftOver
            for pid in pooled { kill(pid, SIGKILL) }
            try await site.runner.killGroup()
            for worker in site.outside.value { try await worker.wait(within: .seconds(10)) }
        }
        row.kills += 1
        try site.renew(Array(site.outside.value.indices))
    }

    /// Not a wait for something: the moment is what the table is about.
    private mutating func pause(_ longest: Int) async throws {
        try await Task.sleep(for: .microseconds(Int.random(in: 0...longest * 1000, using: &random)))
    }

    // MARK: Workers

    private mutating func killWorkers() async throws {
        let descriptors = site.descriptors
        while row.kills < plan.kills {
            let victim = try await victim()
            let held = effects.held[victim] ?? []
            let at = Effects.now
            kill(victim, SIGKILL)
            if let place = site.outside.value.firstIndex(where: { $0.pid == victim }) {
                try await site.outside.value[place].wait(within: .seconds(10))
                try site.renew([place])
                // Others are to be free when the next one dies.
                try await joined()
            } else {
                try await eventually("worker \(victim) is gone", every: .milliseconds(1)) { !Self.lives(victim) }
            }
            effects.update()
            let lost = held.intersection(effects.held[victim] ?? [])
            effects.forget(victim)
            row.kills += 1
            row.held += lost.count
            strikes.append(Strike(at: at, lost: Array(lost)))
            // A pool replaces ten a second at most.
            if case .outside = plan.way { try await pause(40) } else { try await pause(220) }
        }
        let site = site
        try await eventually("the runner closes what it had open for them", within: .seconds(20)) {
            site.descriptors <= descriptors + 16
        }
    }

    /// Some process of the wanted kind that holds something.
    private mutating func victim() async throws -> pid_t {
        let outside = Set(site.outside.value.map(\.pid))
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            effects.update()
            var holding = effects.held.filter { !$0.value.isEmpty }.keys.sorted()
            if case .outside = plan.way {
                holding = holding.filter(outside.contains)
            } else {
                let word = if case .command = plan.way { "command" } else { "worker" }
                holding = holding.filter { !outside.contains($0) && Self.words(of: $0).dropFirst().first == word }
            }
            if let victim = holding.randomElement(using: &random) { return victim }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw TestFailure("no worker got anything")
    }

    private static func words(of pid: pid_t) -> [String] {
        (text(of: "/proc/\(pid)/cmdline") ?? "").split(separator: "\0").map(String.init)
    }

    private static func lives(_ pid: pid_t) -> Bool { !words(of: pid).isEmpty }

    // MARK: The end

    private mutating func judged() async throws -> CrashRow {
        if site.runner.hasEnded { try await start() }
        try await load.stop()
        // Buried jobs would wait for ever.
        _ = try await site.runner.call("job.redrive", "{\"buried\":true,\"limit\":10000}")
        try await site.drained()
        load.hangUp()
        try await site.end()
        effects.update()
        let account = load.account.value
        let judgement = try await Judgement.of(site, account)
        row.unanswered = account.unanswered
        row.acknowledged = Set(account.acknowledged.map(\.job)).count
        row.jobs = judgement.counts["jobs"] ?? 0
        row.cutShort = judgement.counts["cut short"] ?? 0
        row.failed = judgement.counts["failed after three losses"] ?? 0
        row.lost = judgement.lost
        row.doubled = judgement.doubled
        row.faults = judgement.faults
        row.times = times()
        return row
    }

    private func times() -> [Int] {
        let started = effects.all.filter { $0.what == .started }.sorted { $0.at < $1.at }
        var byItem: [[Int]: [(at: Int, fence: Int)]] = [:]
        for effect in started {
            byItem[[effect.lease.job, effect.lease.item], default: []].append((effect.at, effect.lease.fence))
        }
        var times: [Int] = []
        for (index, strike) in strikes.enumerated() {
            if strike.lost.isEmpty {
                guard case .random = plan.way else { continue }
                // The first of the new run; a fencing number's upper half is the run.
                let runBefore = started.last { $0.at <= strike.at }.map { $0.lease.fence >> 32 }
                let end = index + 1 < strikes.count ? strikes[index + 1].at : Int.max
                let next = started.first { $0.at > strike.at && $0.lease.fence >> 32 != runBefore }
                if let next, next.at < end { times.append(next.at - strike.at) }
            }
            for lease in strike.lost {
                let next = byItem[[lease.job, lease.item]]?.first { $0.at > strike.at && $0.fence > lease.fence }
                if let next { times.append(next.at - strike.at) }
            }
        }
        return times
    }
}
