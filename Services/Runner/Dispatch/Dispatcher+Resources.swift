import Linux
import MillraceProtocol
import Resilience

/// Tokens, breakers and permits.
extension Dispatcher {
    /// Wakes whoever waits for `name` when something about it changes by itself.
    mutating func awaitChange(of name: String, now: Now) {
        guard let change = resources.nextChange(name, now: now.boot) else { return }
        let instant = max(change, now.boot + .microseconds(100))
        if let known = awaited[name], known <= instant { return }
        awaited[name] = instant
        timers.add(.resource(name), at: instant)
    }

    /// Lets those go on who waited for a token or for the breaker.
    mutating func resourceChanged(_ name: String, now: Now) {
        resources.observe(name, now: now.boot)
        if resources.shut(name, now: now.boot) != nil { refuseLine(of: name, now: now) }
        let served = resources.serve(name, now: now.boot)
        for (permit, pass, waited) in served.granted {
            permits.grant(permit, pass)
            effects.append(.permit(permit, .success(PermitGrant(name: name, waited: waited))))
        }
        for id in served.jobs { touch(id) }
        // A breaker lets jobs through that stand in no line.
        if resources.shut(name, now: now.boot) == nil {
            for id in atBreaker[name] ?? [] { touch(id) }
        }
        awaitChange(of: name, now: now)
    }

    /// Notes what a job waits for besides a place; nil when that is over.
    mutating func refuse(_ row: Int, _ refusal: ResourceRefusal?) {
        let known = jobs[row: row].refusal
        guard let before = known ?? refusal else { return }
        let id = jobs[row: row].id
        if case .breaker? = known?.refusal { atBreaker[before.name]?.remove(id) }
        if case .breaker? = refusal?.refusal, let name = refusal?.name { atBreaker[name, default: []].insert(id) }
        jobs[row: row].refusal = refusal
    }

    /// A job that could not use a token if it got one stands in no line: others would wait for it.
    mutating func forgo(_ row: Int, now: Now) {
        guard jobs[row: row].refusal != nil, let needs = jobs[row: row].needs else { return }
        refuse(row, nil)
        resources.leave(needs, job: jobs[row: row].id)
        for name in needs.tokens { resourceChanged(name, now: now) }
    }

    private mutating func refuseLine(of name: String, now: Now) {
        guard let refusal = resources.shut(name, now: now.boot) else { return }
        for permit in resources.turnAway(name) {
            _ = permits.remove(permit)
            effects.append(.permit(permit, .failure(ResourceRefusal(name: name, refusal: refusal))))
        }
    }

    mutating func ask(_ number: Int64, _ permit: PermitBook.Permit, now: Now) {
        switch resources.ask(permit.name, number, count: permit.count, now: now.boot) {
        case .failure(let refusal): effects.append(.permit(number, .failure(refusal)))
        case .success(let pass):
            permits.add(number, permit)
            if let pass {
                permits.grant(number, pass)
                effects.append(.permit(number, .success(PermitGrant(name: permit.name, waited: .zero))))
            }
            awaitChange(of: permit.name, now: now)
        }
    }

    mutating func report(_ permit: Int64, succeeded: Bool?, now: Now) {
        guard let succeeded else { return lose(permit, now: now) }
        guard let pass = permits.remove(permit)?.pass else { return }
        resources.end(pass.name, permit, now: now.boot)
        resources.report(pass, succeeded: succeeded, now: now.boot)
        resourceChanged(pass.name, now: now)
    }

    mutating func giveBack(_ permit: Int64, now: Now) {
        guard let known = permits.remove(permit) else { return }
        if let pass = known.pass {
            resources.withdraw(pass, now: now.boot)
            resources.giveBack(known.name, permit, tokens: known.count, now: now.boot)
        } else {
            resources.leave(known.name, permit: permit)
        }
        resourceChanged(known.name, now: now)
    }

    mutating func lose(_ permit: Int64, now: Now) {
        guard let known = permits.remove(permit) else { return }
        if let pass = known.pass {
            resources.end(known.name, permit, now: now.boot)
            resources.withdraw(pass, now: now.boot)
        } else {
            resources.leave(known.name, permit: permit)
        }
        resourceChanged(known.name, now: now)
    }

    /// Tells the breaker of an item's dependency how it went: only what speaks of the dependency counts as failure.
    mutating func settle(_ pass: ResourceBook.Pass, _ ending: LeaseEnd, now: Now) {
        switch ending {
        case .processed: resources.report(pass, succeeded: true, now: now.boot)
        case .failed(let error) where error.status == .cancelled || error.isSnooze:
            resources.withdraw(pass, now: now.boot)
        case .failed(let error):
            resources.report(pass, succeeded: !error.isWorthRetrying, now: now.boot)
        case .lost, .planned, .preloaded, .summarized: resources.withdraw(pass, now: now.boot)
        }
        resourceChanged(pass.name, now: now)
    }

    /// Takes a retry of the kind's budget; false when it is used up.
    mutating func takeRetry(of kind: Int, now: Now) -> Bool {
        guard let ratio = kinds[kind].retryRatio else { return true }
        var budget = kinds[kind].budget ?? RetryBudget(ratio: ratio, now: now.boot)
        defer { kinds[kind].budget = budget }
        return budget.take(at: now.boot)
    }

    /// Notes the first try of an item.
    mutating func noteFirstTry(of kind: Int, now: Now) {
        guard let ratio = kinds[kind].retryRatio else { return }
        var budget = kinds[kind].budget ?? RetryBudget(ratio: ratio, now: now.boot)
        budget.earn()
        kinds[kind].budget = budget
    }
}
