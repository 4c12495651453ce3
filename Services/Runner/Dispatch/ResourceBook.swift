import Linux
import MillraceProtocol
import Resilience

/// The dependencies that jobs share: for each name a token bucket, a circuit breaker and a line of those who wait for a
/// token. One line for items and permits, first come first served.
struct ResourceBook: Sendable {
    struct Definition: Sendable, Hashable {
        /// Tokens a second; nil for no bound.
        var rate: Double?
        var burst = 1
        /// Consecutive failures that open the breaker.
        var failures = 5
        var pause = Duration.seconds(30)
    }

    enum Waiter: Sendable, Hashable {
        case job(JobID)
        case permit(Int64, count: Int)
    }

    /// Why nothing can be had now.
    enum Refusal: Sendable, Hashable {
        /// Until when; nil when only a hand closes it.
        case breaker(until: Duration?)
        /// So many wait before.
        case rate(until: Duration, ahead: Int)
        case full
        /// More tokens than can ever be there at once.
        case overBurst(Int)
    }

    /// What the items of a kind need.
    struct Needs: Sendable, Hashable {
        /// A token of each, and their breakers closed.
        let tokens: [String]
        /// The dependency against whose breaker failures count.
        let breaker: String?

        init(tokens: [String] = [], breaker: String? = nil) {
            self.tokens = Set(tokens).sorted()
            self.breaker = breaker
        }

        var names: [String] { breaker.map { tokens.contains($0) ? tokens : tokens + [$0] } ?? tokens }
    }

    /// Leave to use a dependency once; how that went is to be reported.
    struct Pass: Sendable, Hashable {
        var name: String
        var ticket: CircuitBreaker.Ticket
    }

    struct Resource: Sendable {
        var definition: Definition
        var breaker: CircuitBreaker
        var bucket: CallBudget?
        var line: [Waiter] = []
        /// For each permit in the line, since when it waits.
        var since: [Int64: Duration] = [:]

        /// Whether nothing goes on there and nothing of what was is to be heeded; a few failures count as that where `isLenient`.
        func isIdle(_ now: Duration, isLenient: Bool) -> Bool {
            guard line.isEmpty else { return false }
            return switch breaker.state {
            case .closed: isLenient || breaker.failures == 0
            case .open(let until): isLenient && until <= now
            case .halfOpen, .forcedOpen, .forcedClosed: false
            }
        }
    }

    /// Permits that may wait for one name.
    static let lineLimit = 1000

    /// Whether another run of the runner may have spent the tokens that a bucket begins with.
    let followsAnother: Bool
    private(set) var resources: [String: Resource] = [:]
    /// Names that are declared.
    private var declared: Set<String> = []
    /// So many names are kept before those that are idle are forgotten.
    private var patience = Self.usual
    private static let usual = 1024
    /// Jobs that stand in the lines of all they need.
    private var waiting: [JobID: Needs] = [:]

    init(followsAnother: Bool = false) { self.followsAnother = followsAnother }

    /// Takes over what is declared now; what is known of the state of a dependency stays.
    mutating func define(_ definitions: [String: Definition], now: Duration) {
        declared = Set(definitions.keys)
        for (name, definition) in definitions { define(name, definition, now: now) }
        for (name, resource) in resources where definitions[name] == nil && resource.definition != Definition() {
            define(name, Definition(), now: now)
        }
    }

    mutating func define(_ name: String, _ definition: Definition, now: Duration) {
        guard var resource = resources[name] else {
            resources[name] = Resource(
                definition: definition,
                breaker: Self.breaker(definition),
                bucket: definition.rate.map { budget($0, definition.burst, now) })
            return
        }
        guard resource.definition != definition else { return }
        if resource.definition.failures != definition.failures || resource.definition.pause != definition.pause {
            let before = resource.breaker.state
            resource.breaker = Self.breaker(definition)
            // What a hand holds stays held.
            if before == .forcedOpen || before == .forcedClosed { resource.breaker.force(open: before == .forcedOpen) }
        }
        resource.bucket = definition.rate.map { rate in
            resource.bucket?.changed(rate: rate, burst: definition.burst, now: now)
                ?? budget(rate, definition.burst, now)
        }
        resource.definition = definition
        resources[name] = resource
    }

    private func budget(_ rate: Double, _ burst: Int, _ now: Duration) -> CallBudget {
        CallBudget(rate: rate, burst: burst, used: followsAnother, now: now)
    }

    /// A trial ends with its item, or with the report or the connection of its permit; the hour is for a connection that
    /// stays and never reports.
    private static func breaker(_ definition: Definition) -> CircuitBreaker {
        CircuitBreaker(threshold: definition.failures, pause: definition.pause, trialTimeout: .seconds(3600))
    }

    /// A name that is used without being declared has no rate and the usual breaker.
    private mutating func known(_ name: String, now: Duration) {
        if resources[name] == nil { define(name, Definition(), now: now) }
    }

    /// Anybody may make up names to ask for: those that are idle are forgotten when they become many, and when very many
    /// remain, those too that have only failed a few times.
    private mutating func forgetIdle(now: Duration) {
        for isLenient in [false, true] where !isLenient || resources.count > 2 * Self.usual {
            for (name, resource) in resources
            where !declared.contains(name) && resource.isIdle(now, isLenient: isLenient) { resources[name] = nil }
        }
        patience = max(Self.usual, 2 * resources.count)
    }

    /// When the breaker of `name` lets somebody through again; nil when it does now.
    func shut(_ name: String, now: Duration) -> Refusal? {
        guard let breaker = resources[name]?.breaker else { return nil }
        switch breaker.state {
        case .closed, .forcedClosed: return nil
        case .forcedOpen: return .breaker(until: nil)
        case .open(let until): return now >= until ? nil : .breaker(until: until)
        case .halfOpen: return .breaker(until: breaker.retryAfter(now).map { now + $0 } ?? now)
        }
    }

    /// Takes a token of each name for an item and passes the breaker, all or nothing. An item that finds no token
    /// stands in line and is to ask again when its turn comes.
    mutating func take(_ needs: Needs, for job: JobID, now: Duration) -> Result<Pass?, ResourceRefusal> {
        for name in needs.names {
            known(name, now: now)
            guard let refusal = shut(name, now: now) else { continue }
            // Who cannot go on keeps nobody else waiting for a token.
            leave(needs, job: job)
            return .failure(ResourceRefusal(name: name, refusal: refusal))
        }
        let lacking = needs.tokens.filter { !mayTake($0, job, now: now) }
        if let name = lacking.min(by: { isSlower($0, than: $1) }), let bucket = resources[name]?.bucket {
            // All lines at once: whoever came before in one came before in all, so that no two wait for each other.
            let ahead = ahead(.job(job), of: name) ?? resources[name]?.line.count ?? 0
            if waiting[job] == nil {
                waiting[job] = needs
                for name in needs.tokens { resources[name]?.line.append(.job(job)) }
            }
            return .failure(
                ResourceRefusal(name: name, refusal: .rate(until: bucket.nextToken(at: now), ahead: ahead)))
        }
        var pass: Pass?
        if let name = needs.breaker {
            guard let ticket = resources[name]?.breaker.admit(now) else {
                return .failure(ResourceRefusal(name: name, refusal: .breaker(until: nil)))
            }
            pass = Pass(name: name, ticket: ticket)
        }
        leave(needs, job: job)
        for name in needs.tokens { _ = resources[name]?.bucket?.take(at: now) }
        return .success(pass)
    }

    private func lacksToken(_ name: String, now: Duration) -> Bool {
        resources[name]?.bucket.map { $0.tokens(at: now) < 1 } ?? false
    }

    /// Whether there is a token and nobody before the job who could take it.
    private func mayTake(_ name: String, _ job: JobID, now: Duration) -> Bool {
        guard let resource = resources[name], resource.bucket != nil else { return true }
        guard !lacksToken(name, now: now) else { return false }
        for waiter in resource.line {
            if waiter == .job(job) { return true }
            if !letsBy(waiter, at: name, now: now) { return false }
        }
        return true
    }

    /// Whether those behind may go first, because the waiter lacks a token of something that is slower. At the slowest he
    /// keeps his turn, so that he does not wait forever.
    private func letsBy(_ waiter: Waiter, at name: String, now: Duration) -> Bool {
        guard case .job(let job) = waiter, let tokens = waiting[job]?.tokens, tokens.count > 1 else { return false }
        return tokens.contains { isSlower($0, than: name) && lacksToken($0, now: now) }
    }

    private func isSlower(_ one: String, than other: String) -> Bool {
        let (first, second) = (resources[one]?.definition.rate, resources[other]?.definition.rate)
        return (first ?? .infinity, one) < (second ?? .infinity, other)
    }

    /// Asks for a permit of `count` tokens: granted now, in line, or refused.
    mutating func ask(_ name: String, _ permit: Int64, count: Int, now: Duration) -> Result<Pass?, ResourceRefusal> {
        if resources[name] == nil, resources.count >= patience { forgetIdle(now: now) }
        known(name, now: now)
        if let refusal = shut(name, now: now) { return .failure(ResourceRefusal(name: name, refusal: refusal)) }
        guard let resource = resources[name] else { return .success(nil) }
        if let burst = resource.bucket?.burst, count > burst {
            return .failure(ResourceRefusal(name: name, refusal: .overBurst(burst)))
        }
        if resource.line.isEmpty, let pass = grant(name, permit, count: count, now: now) { return .success(pass) }
        guard resource.line.count < Self.lineLimit else {
            return .failure(ResourceRefusal(name: name, refusal: .full))
        }
        resources[name]?.line.append(.permit(permit, count: count))
        resources[name]?.since[permit] = now
        return .success(nil)
    }

    private mutating func grant(_ name: String, _ permit: Int64, count: Int, now: Duration) -> Pass? {
        // A burst that was lowered meanwhile is all that can be asked for.
        let count = min(count, resources[name]?.bucket?.burst ?? count)
        if let bucket = resources[name]?.bucket, bucket.tokens(at: now) < count { return nil }
        guard let ticket = resources[name]?.breaker.admit(now) else { return nil }
        _ = resources[name]?.bucket?.take(count, for: permit, at: now)
        return Pass(name: name, ticket: ticket)
    }

    /// Whoever is first in line and can go on now.
    ///
    /// - Returns: permits that are granted, and jobs that are to ask again: each of them takes its token or leaves the
    ///   line.
    mutating func serve(_ name: String, now: Duration) -> (granted: [(Int64, Pass, waited: Duration)], jobs: [JobID]) {
        var granted: [(Int64, Pass, waited: Duration)] = []
        while let number = firstInLine(of: name, now: now), let first = resources[name]?.line[number] {
            guard case .permit(let permit, let count) = first else { return (granted, firstJobs(of: name, now: now)) }
            guard let pass = grant(name, permit, count: count, now: now) else { return (granted, []) }
            resources[name]?.line.remove(at: number)
            let since = resources[name]?.since.removeValue(forKey: permit)
            granted.append((permit, pass, waited: since.map { now - $0 } ?? .zero))
        }
        return (granted, [])
    }

    private func firstInLine(of name: String, now: Duration) -> Int? {
        resources[name]?.line.firstIndex { !letsBy($0, at: name, now: now) }
    }

    /// Jobs at the front of the line for which there are tokens.
    private func firstJobs(of name: String, now: Duration) -> [JobID] {
        guard let resource = resources[name] else { return [] }
        let most = resource.bucket?.tokens(at: now) ?? .max
        var jobs: [JobID] = []
        for waiter in resource.line where !letsBy(waiter, at: name, now: now) {
            guard jobs.count < most, case .job(let id) = waiter else { break }
            jobs.append(id)
        }
        return jobs
    }

    /// How many more jobs may come to want a token: as many as find one within a tenth of a second, and always one, for
    /// only who stands in line has his turn.
    func room(_ name: String, now: Duration) -> Int {
        guard let resource = resources[name], let bucket = resource.bucket else { return .max }
        let soon = bucket.tokens(at: now) + Int((resource.definition.rate ?? 0) / 10)
        let hasJob = resource.line.contains { if case .job = $0 { true } else { false } }
        return max(soon - resource.line.count, hasJob ? 0 : 1)
    }

    /// A trial that told nothing for too long has failed.
    mutating func observe(_ name: String, now: Duration) {
        guard let breaker = resources[name]?.breaker, breaker.state == .halfOpen, breaker.retryAfter(now) == .zero
        else {
            return
        }
        _ = resources[name]?.breaker.admit(now)
    }

    /// Those in line for a dependency whose breaker opened: they wait for nothing.
    mutating func turnAway(_ name: String) -> [Int64] {
        guard let line = resources[name]?.line else { return [] }
        resources[name]?.line.removeAll { if case .permit = $0 { true } else { false } }
        resources[name]?.since = [:]
        return line.compactMap { if case .permit(let permit, _) = $0 { permit } else { nil } }
    }

    /// Leaves the line.
    mutating func leave(_ name: String, permit: Int64) {
        resources[name]?.line.removeAll { if case .permit(permit, _) = $0 { true } else { false } }
        resources[name]?.since[permit] = nil
    }

    mutating func leave(_ needs: Needs, job: JobID) {
        guard waiting.removeValue(forKey: job) != nil else { return }
        for name in needs.tokens { resources[name]?.line.removeAll { $0 == .job(job) } }
    }

    mutating func report(_ pass: Pass, succeeded: Bool, now: Duration) {
        resources[pass.name]?.breaker.report(pass.ticket, succeeded: succeeded, now)
    }

    /// What was admitted has not been used.
    mutating func withdraw(_ pass: Pass, now: Duration) {
        resources[pass.name]?.breaker.withdraw(pass.ticket, now)
    }

    mutating func giveBack(_ name: String, _ permit: Int64, tokens: Int, now: Duration) {
        resources[name]?.bucket?.giveBack(permit, tokens: tokens, at: now)
    }

    /// The call of a permit is over, or nobody will tell.
    mutating func end(_ name: String, _ permit: Int64, now: Duration) {
        resources[name]?.bucket?.end(permit, at: now)
    }

    /// When something about `name` changes by itself: a token comes while somebody waits, or a trial may be made.
    func nextChange(_ name: String, now: Duration) -> Duration? {
        guard let resource = resources[name] else { return nil }
        if let refusal = shut(name, now: now) {
            if case .breaker(let until?) = refusal { return until }
            return nil
        }
        guard let number = firstInLine(of: name, now: now) else { return nil }
        guard let bucket = resource.bucket else { return now }
        switch resource.line[number] {
        case .permit(_, let count): return bucket.nextToken(min(count, bucket.burst), at: now)
        case .job(let job):
            // Who is first here and not where else he has to be is looked after there.
            let others = waiting[job]?.tokens.filter { $0 != name } ?? []
            guard others.allSatisfy({ lacksToken($0, now: now) || mayTake($0, job, now: now) }) else { return nil }
            return others.compactMap { resources[$0]?.bucket?.nextToken(at: now) }
                .reduce(bucket.nextToken(at: now), max)
        }
    }

    mutating func force(_ name: String, open: Bool?, now: Duration) {
        known(name, now: now)
        if let open { resources[name]?.breaker.force(open: open) } else { resources[name]?.breaker.reset() }
    }

    func ahead(_ waiter: Waiter, of name: String) -> Int? { resources[name]?.line.firstIndex(of: waiter) }
}

/// Why a token or a passage was refused.
struct ResourceRefusal: Error, Hashable {
    var name: String
    var refusal: ResourceBook.Refusal
}
