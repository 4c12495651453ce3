import Glibc

/// What a thread has said on its sessions and has not sent yet.
final class OutputGathering {
    private var transports: [any SessionTransport] = []

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "no room for a thread's variable")
        return key
    }()

    /// The one under way on this thread.
    private static var current: OutputGathering? {
        pthread_getspecific(key).map { Unmanaged<OutputGathering>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The session's output was claimed for its transport: has it sent, when what is being gathered goes out or at once.
    static func send(_ transport: (any SessionTransport)?) {
        guard let transport else { return }
        if let current { current.transports.append(transport) } else { transport.outputIsClaimed() }
    }

    static func gather<R>(_ body: () throws -> R) rethrows -> R {
        if current != nil { return try body() }
        let gathering = OutputGathering()
        pthread_setspecific(key, Unmanaged.passUnretained(gathering).toOpaque())
        defer {
            pthread_setspecific(key, nil)
            for transport in gathering.transports { transport.outputIsClaimed() }
        }
        return try body()
    }
}

extension RPCSession {
    /// Sends what `body` says, on whatever sessions and on this thread, when it is through: one write for each session.
    ///
    /// For a body that does not wait and says some dozens of things at most, as they use up the sessions' room for output.
    public static func gatheringOutput<R>(_ body: () throws -> R) rethrows -> R {
        try OutputGathering.gather(body)
    }
}
