import Resilience
import TestSupport
import Testing

struct CircuitBreakerTests {
    /// One admitted call from `start` to `end`.
    private func call(
        _ breaker: Held<CircuitBreaker>, succeeds: Bool, _ start: Duration, until end: Duration? = nil
    ) throws {
        let ticket = try #require(breaker { $0.admit(start) })
        breaker { $0.report(ticket, succeeded: succeeds, end ?? start) }
    }

    private func opened(_ at: Duration = .zero) throws -> Held<CircuitBreaker> {
        let breaker = Held(CircuitBreaker())
        for _ in 0..<5 { try call(breaker, succeeds: false, at) }
        return breaker
    }

    @Test func onlyConsecutiveFailuresOpenIt() throws {
        let breaker = Held(CircuitBreaker())
        for _ in 0..<3 {
            for _ in 0..<4 { try call(breaker, succeeds: false, .zero) }
            try call(breaker, succeeds: true, .zero)
        }
        #expect(breaker.state == .closed)
        breaker.value = try opened().value
        #expect(breaker.state == .open(until: .seconds(30)))
        #expect(breaker { $0.admit(.milliseconds(29_999)) } == nil)
        #expect(breaker { $0.retryAfter(.seconds(10)) } == .seconds(20))
    }

    @Test func exactlyOneTrialPassesAtATime() throws {
        let breaker = try opened()
        let trial = try #require(breaker { $0.admit(.seconds(30)) })
        #expect(breaker.state == .halfOpen)
        #expect(breaker { $0.admit(.seconds(30)) } == nil)
        breaker { $0.report(trial, succeeded: true, .seconds(31)) }
        #expect(breaker.state == .closed && breaker.failures == 0)
        #expect(breaker { $0.admit(.seconds(31)) } != nil)
    }

    @Test func aFailedTrialOpensItForAnotherPause() throws {
        let breaker = try opened()
        try call(breaker, succeeds: false, .seconds(30), until: .seconds(32))
        #expect(breaker.state == .open(until: .seconds(62)))
    }

    @Test func resultsOfAnEarlierStateAreIgnored() throws {
        let breaker = Held(CircuitBreaker())
        let late = try #require(breaker { $0.admit(.zero) })
        breaker.value = try opened().value
        breaker { $0.report(late, succeeded: true, .seconds(1)) }
        #expect(breaker.state == .open(until: .seconds(30)))
        let trial = try #require(breaker { $0.admit(.seconds(30)) })
        breaker { $0.report(trial, succeeded: true, .seconds(30)) }
        breaker { $0.report(trial, succeeded: false, .seconds(30)) }
        #expect(breaker.failures == 0)
    }

    @Test func aTrialThatTellsNothingDoesNotLeaveItHalfOpen() throws {
        let breaker = try opened()
        _ = breaker { $0.admit(.seconds(30)) }
        #expect(breaker { $0.admit(.seconds(89)) } == nil)
        #expect(breaker { $0.admit(.seconds(90)) } == nil)
        #expect(breaker.state == .open(until: .seconds(120)))
        #expect(breaker { $0.admit(.seconds(120)) } != nil)
    }

    @Test func aWithdrawnTrialLetsAnotherTry() throws {
        let breaker = try opened()
        let trial = try #require(breaker { $0.admit(.seconds(30)) })
        breaker { $0.withdraw(trial, .seconds(30)) }
        #expect(breaker { $0.admit(.seconds(30)) } != nil)
    }

    @Test func aTrialWithdrawnTooLateLetsNoOtherThrough() throws {
        let breaker = try opened()
        let first = try #require(breaker { $0.admit(.seconds(30)) })
        // It told nothing in time, and another is on trial by now.
        #expect(breaker { $0.admit(.seconds(90)) } == nil)
        let second = try #require(breaker { $0.admit(.seconds(120)) })
        breaker { $0.withdraw(first, .seconds(121)) }
        #expect(breaker.state == .halfOpen)
        #expect(breaker { $0.admit(.seconds(121)) } == nil)
        breaker { $0.report(second, succeeded: true, .seconds(122)) }
        #expect(breaker.state == .closed)
    }

    @Test func aHandGoesBeforeEverything() throws {
        let breaker = Held(CircuitBreaker())
        breaker { $0.force(open: true) }
        #expect(breaker { $0.admit(.seconds(1000)) } == nil)
        breaker { $0.force(open: false) }
        for _ in 0..<20 { try call(breaker, succeeds: false, .zero) }
        #expect(breaker.state == .forcedClosed)
        breaker { $0.reset() }
        #expect(breaker.state == .closed)
    }

    /// Whatever happens in whatever order: it lets somebody through again, and never two on trial.
    @Test(arguments: 0..<20) func itIsNeverStuck(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let breaker = Held(CircuitBreaker(threshold: 2, pause: .seconds(3), trialTimeout: .seconds(5)))
        var now = Duration.zero
        var tickets: [CircuitBreaker.Ticket] = []
        for _ in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...800, using: &random))
            let before = breaker.state
            if let ticket = breaker({ $0.admit(now) }) {
                if before == .halfOpen { Issue.record("a second trial") }
                tickets.append(ticket)
            }
            if let index = tickets.indices.randomElement(using: &random), Bool.random(using: &random) {
                let ticket = tickets.remove(at: index)
                breaker { $0.report(ticket, succeeded: Int.random(in: 0..<3, using: &random) == 0, now) }
            }
        }
        var waits = 0
        while breaker({ $0.admit(now) }) == nil, waits < 5 {
            now += .seconds(5)
            waits += 1
        }
        #expect(waits < 5)
    }

    /// Every transition after anything, late results included, against the rules written down once more.
    @Test(arguments: 0..<8) func itAgreesWithItsRules(seed: Int) {
        enum Rule: Equatable { case closed(Int), open(Duration), trial(Int, Duration), forced(open: Bool) }
        struct Call { var ticket: CircuitBreaker.Ticket, number: Int, epoch: Int }
        var random = SeededGenerator(seed: UInt64(seed))
        let breaker = Held(CircuitBreaker(threshold: 3, pause: .seconds(30), trialTimeout: .seconds(60)))
        var rule = Rule.closed(0)
        var epoch = 0
        var calls: [Call] = []
        var now = Duration.zero
        var seen: Set<String> = []
        func become(_ new: Rule) {
            rule = new
            epoch += 1
        }
        for number in 0..<4000 {
            now += .milliseconds(Int.random(in: 0...4000, using: &random))
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                let open = Bool.random(using: &random)
                breaker { $0.force(open: open) }
                become(.forced(open: open))
            case 1:
                breaker { $0.reset() }
                become(.closed(0))
            case 2..<20:
                var admitted = false
                switch rule {
                case .closed, .forced(open: false): admitted = true
                case .open(let until) where now >= until:
                    admitted = true
                    become(.trial(number, now + .seconds(60)))
                case .trial(_, let end) where now >= end: become(.open(now + .seconds(30)))
                default: break
                }
                let ticket = breaker { $0.admit(now) }
                #expect((ticket != nil) == admitted)
                if let ticket { calls.append(Call(ticket: ticket, number: number, epoch: epoch)) }
            default:
                guard let index = calls.indices.randomElement(using: &random) else { continue }
                let call = calls.remove(at: index)
                let end = Int.random(in: 0..<5, using: &random)
                if call.epoch == epoch {
                    switch (rule, end) {
                    case (.closed, 0): rule = .closed(0)
                    case (.closed(let failures), 1...3):
                        if failures == 2 { become(.open(now + .seconds(30))) } else { rule = .closed(failures + 1) }
                    case (.trial, 0): become(.closed(0))
                    case (.trial, 1...3): become(.open(now + .seconds(30)))
                    case (.trial, _): become(.open(now))
                    default: break
                    }
                } else {
                    seen.insert("late")
                }
                if end == 4 {
                    breaker { $0.withdraw(call.ticket, now) }
                } else {
                    breaker { $0.report(call.ticket, succeeded: end == 0, now) }
                }
            }
            switch rule {
            case .closed(let failures): #expect(breaker.state == .closed && breaker.failures == failures)
            case .open(let until): #expect(breaker.state == .open(until: until))
            case .trial: #expect(breaker.state == .halfOpen)
            case .forced(let open): #expect(breaker.state == (open ? .forcedOpen : .forcedClosed))
            }
            seen.insert("\(breaker.state)".prefix { $0 != "(" }.description)
        }
        #expect(seen == ["closed", "open", "halfOpen", "forcedOpen", "forcedClosed", "late"])
    }
}
