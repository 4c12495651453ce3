import JSONCodec
import Watching

/// How a simulated system answers, as far as all have it in common.
package protocol SimulatorSettings: Sendable {
    var latency: Duration { get }
    var faults: [FaultRule] { get }
    /// What faults by chance are drawn with.
    var seed: UInt64 { get }
}

/// A simulated system without its server: what it holds, how it answers, what it counted.
package protocol SimulatedSystem: Sendable {
    associatedtype Settings: SimulatorSettings
    /// A call as the system understands it.
    associatedtype Request

    var settings: Settings { get set }
    var ledger: CallLedger { get set }

    /// Reads a call. Its name is what it is counted by; method and path are what faults are chosen by.
    mutating func read(_ call: HTTPCall) -> (request: Request, name: String, path: String)
    /// The answer, where nothing is made to go wrong.
    mutating func judged(_ call: HTTPCall, _ request: Request) -> HTTPAnswer
    static func error(_ status: Int, _ code: String, _ message: String) -> HTTPAnswer
    /// Forgets what it has noted of calls, beside their counts.
    mutating func forget()
    /// The answer to a call from the hand of whoever plays with the system; nil when it is none. Such calls are neither
    /// counted nor made to fail.
    mutating func byHand(_ call: HTTPCall) -> HTTPAnswer?
}

extension SimulatedSystem {
    package mutating func byHand(_ call: HTTPCall) -> HTTPAnswer? { nil }
}

/// The calls of a simulated system: how many came, and what goes wrong with them.
package struct CallLedger: Sendable {
    fileprivate(set) var counts: CallCounts = [:]
    fileprivate(set) var plan: FaultPlan

    init(_ settings: some SimulatorSettings) {
        plan = FaultPlan(settings.faults, seed: settings.seed)
    }
}

extension SimulatedSystem {
    /// Answers a call: those by hand (`GET /simulator/counters`, `POST /simulator/reset`), else as the system does, with
    /// latency and faults.
    mutating func answer(_ call: HTTPCall) -> HTTPAnswer {
        switch (call.method, call.path) {
        case ("GET", "/simulator/counters"): return .json(JSON.text(ledger.counts))
        case ("POST", "/simulator/reset"):
            reset()
            return .json("{}")
        default: if let answer = byHand(call) { return answer }
        }
        let (request, name, path) = read(call)
        ledger.counts[name, default: 0] += 1
        let effect = ledger.plan.effect(on: call.method, path)
        var answer: HTTPAnswer
        switch effect {
        case .status(let status, let code, let retryAfter):
            answer = Self.error(status, code, "made on purpose")
            if let retryAfter { answer.headers.append(("Retry-After", retryAfter)) }
        case .hang(done: false): answer = HTTPAnswer(fault: .silence)
        default:
            answer = judged(call, request)
            if case .doneButAnswered(let status, let code) = effect {
                answer = Self.error(status, code, "made on purpose")
            }
        }
        answer.delay += settings.latency
        return answer.suffering(effect)
    }

    mutating func reset() {
        ledger.counts = [:]
        forget()
    }
}

/// A simulated system behind a real server at 127.0.0.1.
package protocol Simulator: Sendable {
    associatedtype System: SimulatedSystem
    var server: HTTPSimulator { get }
    var system: Watched<System> { get }
}

extension Simulator {
    /// A server for a system.
    static func serve(_ system: Watched<System>, port: Int) async throws -> HTTPSimulator {
        try await HTTPSimulator(port: port, keeping: 1000) { call in
            var answer: HTTPAnswer?
            system.update { answer = $0.answer(call) }
            return answer ?? HTTPAnswer(500)
        }
    }

    /// Calls so far, by name.
    package var counts: CallCounts { system.value.ledger.counts }
    package var total: Int { counts.values.reduce(0, +) }
    /// Calls so far that a fault was made of.
    package var faults: Int { system.value.ledger.plan.made }

    /// Changes how it answers; the rules of the faults begin anew.
    package func set(_ change: (inout System.Settings) -> Void) {
        system.update { system in
            change(&system.settings)
            system.ledger.plan = FaultPlan(system.settings.faults, seed: system.settings.seed)
        }
    }

    package func resetCounts() { system.update { $0.reset() } }

    /// Waits until the counts are as wanted.
    package func wait(for what: String, until condition: @escaping @Sendable (CallCounts) -> Bool) async throws {
        try await system.wait(within: .seconds(30), for: what) { condition($0.ledger.counts) }
    }

    package func close() async { await server.close() }

    /// Runs `body` with it, and closes it whatever happens.
    func use<Result: Sendable>(_ body: (Self) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }
}
