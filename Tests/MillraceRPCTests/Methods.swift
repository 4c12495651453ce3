import JSONCodec
import Linux
import MillraceProtocol
import TestSupport

@testable import MillraceRPC

/// Gives back what it gets.
enum Echo: RPCMethod {
    static let name = "test.echo"
    static let access = AccessClass.read
    typealias Params = JSONRaw
    typealias Result = JSONRaw
}

/// The same on the pool.
enum OffloadedEcho: RPCMethod {
    static let name = "test.echoOffloaded"
    static let access = AccessClass.read
    static let execution = Execution.offloaded
    typealias Params = JSONRaw
    typealias Result = JSONRaw
}

/// Waits until its gate is opened, or until it is cancelled.
enum Wait: RPCMethod {
    static let name = "test.wait"
    static let access = AccessClass.read
    typealias Params = Empty
    typealias Result = Empty
}

/// The same, as a method that only watches.
enum Watch: RPCMethod {
    static let name = "test.watch"
    static let access = AccessClass.read
    static let interruptible = true
    typealias Params = Empty
    typealias Result = Empty
}

/// Changes something, so it is not repeated by itself.
enum Change: RPCMethod {
    static let name = "test.change"
    static let access = AccessClass.write
    typealias Params = Empty
    typealias Result = Int
}

enum Administer: RPCMethod {
    static let name = "test.administer"
    static let access = AccessClass.admin
    typealias Params = Empty
    typealias Result = Empty
}

/// Answers with so many bytes.
enum Fill: RPCMethod {
    static let name = "test.fill"
    static let access = AccessClass.read
    typealias Params = [Int]
    typealias Result = String
}

/// Fails in the way it is told.
enum Fail: RPCMethod {
    static let name = "test.fail"
    static let access = AccessClass.read
    typealias Params = [String]
    typealias Result = Empty
}

struct Strict: JSONCodable {
    var attempts: Int

    init(from json: inout JSONReader) throws(JSONError) {
        var attempts: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "policy":
                try json.object { key, json throws(JSONError) in
                    if key == "attempts" { attempts = try json.int() } else { try json.unknownMember(key) }
                }
            default: try json.unknownMember(key)
            }
        }
        self.attempts = try json.require(attempts, "policy")
    }

    func encode(to json: inout JSONWriter) {
        json.object { json in json.member("policy") { json in json.object { $0.member("attempts", attempts) } } }
    }
}

enum Policy: RPCMethod {
    static let name = "test.policy"
    static let access = AccessClass.read
    typealias Params = Strict
    typealias Result = Empty
}

/// Tasks that wait for a gate, and how many of them were cancelled.
final class Gate: Sendable {
    struct State {
        var isOpen = false
        var waiting = 0
        var cancelled = 0
        var next = 0
        var continuations: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    private let state = Locked(State())
    let counts = Watched((waiting: 0, cancelled: 0))

    func wait() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOpen = state.withLock { state in
                    if state.isOpen { return true }
                    state.continuations[id] = continuation
                    return false
                }
                if isOpen { continuation.resume() } else { counts.update { $0.waiting += 1 } }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.continuations = [:] }
            return Array(state.continuations.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    private func cancel(_ id: Int) {
        guard let continuation = state.withLock({ $0.continuations.removeValue(forKey: id) }) else { return }
        counts.update { $0.cancelled += 1 }
        continuation.resume(throwing: CancellationError())
    }

    func waiting(_ count: Int) async throws {
        try await counts.wait(within: patience, for: "\(count) waiting") { $0.waiting >= count }
    }

    func cancelled(_ count: Int) async throws {
        try await counts.wait(within: patience, for: "\(count) cancelled") { $0.cancelled >= count }
    }
}

struct Unforeseen: Error { let secret = "password" }

enum Foreseen: RPCErrorConvertible {
    case full

    var rpcError: RPCError { RPCError(.resourceExhausted, "the shelf is full", reason: "shelf.full", retryAfterMs: 5) }
}

/// All of the methods above.
func testRouter(gate: Gate = Gate(), changes: Watched<Int> = Watched(0)) -> RPCRouter {
    var router = RPCRouter()
    router.on(Echo.self) { params, _ in params }
    router.on(OffloadedEcho.self) { params, _ in params }
    router.on(Wait.self) { _, _ in
        try await gate.wait()
        return Empty()
    }
    router.on(Watch.self) { _, _ in
        try await gate.wait()
        return Empty()
    }
    router.on(Change.self) { _, _ in
        changes.update { $0 += 1 }
        return changes.value
    }
    router.on(Administer.self) { _, _ in Empty() }
    router.on(Fill.self) { count, _ in String(repeating: "x", count: count[0]) }
    router.on(Policy.self) { _, _ in Empty() }
    router.on(Fail.self) { how, _ in
        switch how.first {
        case "foreseen": throw Foreseen.full
        case "cancelled": throw CancellationError()
        default: throw Unforeseen()
        }
    }
    return router
}
