import MillraceProtocol

/// Encoded frames that wait for the transport, and who is to send them.
///
/// Whoever appends to unclaimed output claims it for the transport and tells it. Until the transport gives the claim
/// back nobody tells it again, so a burst of answers costs one notice. Guarded by the session's lock.
struct SessionOutput: Sendable {
    private(set) var bytes: [UInt8] = []
    /// How many of them are answers.
    private var answers = 0
    private var spare: [UInt8] = []
    /// Bytes the transport took and could not send yet.
    private(set) var inTransit = 0
    /// How many of what the transport took last are no answers.
    private var unaskedInTransit = 0
    /// Bytes of answers that wait for the rest of their batch.
    private var inBatches = 0
    /// What waits for all peers together, and what was counted there for this one: in whole pieces, so that short answers to
    /// a peer who reads are not counted.
    private let budget: SharedBudget?
    private var counted = 0
    private(set) var isClaimed = false
    /// Nobody reads any more: whatever is said is forgotten.
    private(set) var isMute = false
    /// The latest progress of requests whose peer does not read, in order of their first.
    private var held: [(id: RequestID, payload: [UInt8])] = []
    private var heldBytes = 0

    /// A buffer that has grown beyond this is not kept.
    private static let keptCapacity = 64 << 10

    private static let piece = 64 << 10

    init(within budget: SharedBudget?) {
        self.budget = budget
    }

    var waiting: Int { bytes.count + inTransit + inBatches }

    /// Whether the peer has left so many bytes of his answers unread that no more of his requests are to be taken. What he is told
    /// unasked does not count, it has a bound of its own: two who wait for each other to read would wait for ever.
    func hasUnreadAnswers(beyond bound: Int) -> Bool {
        guard inTransit > 0 else { return false }
        let answers = answers + inBatches + max(0, inTransit - unaskedInTransit)
        return answers > (budget.map { $0.held > $0.limit / 2 } == true ? 0 : bound)
    }

    /// Why a message of that many bytes cannot wait too; nil when it can.
    func lackOfRoom(for count: Int, in limits: RPCLimits) -> RPCError? {
        let waiting = waiting
        if waiting + count > limits.outputBytesPerConnection {
            return .outputFull("the limit is \(limits.outputBytesPerConnection) waiting bytes")
        }
        guard let budget, waiting + count >= Self.piece else { return nil }
        // Who is behind makes way for those who read.
        let limit = waiting > 0 ? budget.limit / 2 : budget.limit
        if budget.held + count <= limit { return nil }
        return .outputFull("the limit is \(budget.limit) bytes that wait for all peers together")
    }

    private mutating func count() {
        guard let budget else { return }
        let whole = waiting - waiting % Self.piece
        guard whole != counted else { return }
        budget.add(whole - counted)
        counted = whole
    }

    /// That many bytes more, or fewer, are of answers that wait for the rest of their batch.
    mutating func keep(_ count: Int) {
        if isMute { return }
        inBatches += count
        self.count()
    }

    /// That many bytes are on their way and could not be sent yet.
    mutating func setInTransit(_ count: Int) {
        if isMute { return }
        inTransit = count
        self.count()
    }

    /// True for the one who now has to see to the sending.
    mutating func claim() -> Bool {
        if isClaimed { return false }
        isClaimed = true
        return true
    }

    /// Something that the peer did not ask for.
    mutating func append(_ payload: [UInt8]) {
        if isMute { return }
        Frame.append(payload, to: &bytes)
        count()
    }

    mutating func append(answer payload: [UInt8]) {
        if isMute { return }
        answers += payload.count + Frame.headerLength
        append(payload)
    }

    /// Appends a frame with an answer that `build` appends; takes it back, and returns its length, when it is longer than
    /// `limit`.
    mutating func append(answerUpTo limit: Int, _ build: (inout [UInt8]) -> Void) -> Int? {
        if isMute { return nil }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Frame.headerLength))
        build(&bytes)
        let length = bytes.count - start - Frame.headerLength
        if length > limit {
            bytes.removeLast(bytes.count - start)
            return length
        }
        for index in 0..<Frame.headerLength {
            bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * (Frame.headerLength - 1 - index)))
        }
        answers += bytes.count - start
        count()
        return nil
    }

    /// Keeps the latest progress of a request until there is room; forgets it when all that is kept exceeds `limit`.
    mutating func hold(_ payload: [UInt8], of id: RequestID, upTo limit: Int) {
        if isMute { return }
        let index = held.firstIndex { $0.id == id }
        let kept = heldBytes - (index.map { held[$0].payload.count } ?? 0)
        guard kept + payload.count <= limit else { return }
        heldBytes = kept + payload.count
        if let index { held[index].payload = payload } else { held.append((id, payload)) }
    }

    /// After its answer a request has no progress.
    mutating func forget(_ id: RequestID) {
        guard !held.isEmpty, let index = held.firstIndex(where: { $0.id == id }) else { return }
        heldBytes -= held.remove(at: index).payload.count
    }

    /// Moves everything into `chunk`, which must be empty; false when there is nothing. The buffers take turns, so that
    /// steady output allocates none.
    mutating func take(into chunk: inout [UInt8]) -> Bool {
        if bytes.isEmpty {
            for progress in held { append(progress.payload) }
            held = []
            heldBytes = 0
        }
        if bytes.isEmpty {
            if chunk.capacity <= Self.keptCapacity { spare = chunk }
            return false
        }
        if chunk.capacity == 0 { swap(&spare, &chunk) }
        swap(&bytes, &chunk)
        unaskedInTransit = chunk.count - answers
        answers = 0
        count()
        return true
    }

    mutating func release() {
        isClaimed = false
    }

    mutating func mute() {
        isMute = true
        isClaimed = false
        removeAll()
    }

    mutating func removeAll() {
        bytes = []
        answers = 0
        held = []
        heldBytes = 0
        inTransit = 0
        inBatches = 0
        count()
    }
}

extension RPCError {
    fileprivate static func outputFull(_ limit: String) -> RPCError {
        RPCError(.resourceExhausted, "the peer does not read; \(limit)", reason: Reason.outputLimit)
    }
}
