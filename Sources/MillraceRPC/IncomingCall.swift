import JSONCodec
import Linux
import MillraceProtocol

/// A request, or notification, of the peer while its handler runs. Its mutable part is guarded by the session's lock.
final class IncomingCall: @unchecked Sendable {
    let session: RPCSession
    /// Nil for a notification, which gets no answer.
    let id: RequestID?
    let method: String
    let meta: Meta
    let correlationId: String
    /// On the boot clock.
    let deadline: Duration?
    let interruptible: Bool
    /// The batch the request came in, and its place there.
    let batch: BatchAnswer?
    /// Counts it once it is answered; nil where nobody counts.
    let meter: MethodMeter?
    /// When it came, on the boot clock; zero where nobody counts.
    let began: Duration

    /// Where it stands in the session's list of running calls; -1 when it is in it no more.
    var slot = -1
    var isAnswered = false
    var isCancelled = false
    var task: Task<Void, Never>?
    var onCancel: (@Sendable () -> Void)?

    init(
        session: RPCSession, id: RequestID?, method: String, meta: Meta, correlationId: String, deadline: Duration?,
        interruptible: Bool, batch: BatchAnswer?, meter: MethodMeter? = nil, began: Duration = .zero
    ) {
        self.session = session
        self.id = id
        self.method = method
        self.meta = meta
        self.correlationId = correlationId
        self.deadline = deadline
        self.interruptible = interruptible
        self.batch = batch
        self.meter = meter
        self.began = began
        isAnswered = id == nil
    }

    /// What to do outside the lock to make the handler stop.
    var stop: Stop {
        Stop(task: task, onCancel: onCancel)
    }

    struct Stop: Sendable {
        let task: Task<Void, Never>?
        let onCancel: (@Sendable () -> Void)?

        func callAsFunction() {
            task?.cancel()
            onCancel?()
        }
    }
}

/// The one answer of a batch while its members are being answered. Guarded by the session's lock.
final class BatchAnswer: @unchecked Sendable {
    /// Members that are still to be answered, one more while the batch is being read.
    var open = 1
    private var answers: [[UInt8]] = []
    private(set) var bytes = 0
    private let expected: Int

    /// What an error answer takes at most, in bytes, for which room is kept.
    static let errorLength = 1024

    init(expecting members: Int) {
        expected = members
    }

    /// Whether a result of `length` bytes still leaves room for an error from each of the others.
    func hasRoom(_ length: Int, in maximumFrame: Int) -> Bool {
        bytes + length + 2 + (expected - answers.count - 1) * Self.errorLength <= maximumFrame
    }

    func append(_ answer: [UInt8]) {
        answers.append(answer)
        bytes += answer.count + 1
    }

    /// The frame's payload; nil when there is nothing to say.
    var payload: [UInt8]? {
        if answers.isEmpty { return nil }
        var payload: [UInt8] = []
        payload.reserveCapacity(bytes + 2)
        payload.append(UInt8(ascii: "["))
        payload.append(contentsOf: answers.joined(separator: CollectionOfOne(UInt8(ascii: ","))))
        payload.append(UInt8(ascii: "]"))
        return payload
    }
}
