import Linux

/// A thread for work that blocks, started by the first piece of it; pieces are done one after the other.
final class WorkDesk: Sendable {
    private struct State: Sendable {
        var waiting: [@Sendable () -> Void] = []
        var isStopping = false
    }

    private let name: String
    private let queue = Monitor(State())
    private let thread = Locked<WorkerThread?>(nil)

    init(_ name: String) { self.name = name }

    deinit { queue.withLock(notify: true) { $0.isStopping = true } }

    func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try thread.withLock { thread throws(SystemError) in
            if thread == nil { thread = try WorkerThread(name, Self.work(queue)) }
        }
        return try await withCheckedThrowingContinuation { continuation in
            queue.withLock(notify: true) { state in
                state.waiting.append { continuation.resume(with: Result { try body() }) }
            }
        }
    }

    private static func work(_ queue: Monitor<State>) -> @Sendable () -> Void {
        {
            while true {
                let bodies: [@Sendable () -> Void]? =
                    queue.wait { state in
                        if state.waiting.isEmpty { return state.isStopping ? .some(nil) : nil }
                        defer { state.waiting = [] }
                        return .some(state.waiting)
                    } ?? nil
                guard let bodies else { return }
                for body in bodies { body() }
            }
        }
    }
}
