import MillraceProtocol

/// Encoded frames that wait for the transport, and who is to send them.
///
/// Whoever appends to unclaimed output claims it for the transport and tells it. Until the transport gives the claim
/// back nobody tells it again, so a burst of answers costs one notice. Guarded by the session's lock.
struct SessionOutput: Sendable {
    private(set) var bytes: [UInt8] = []
    private var spare: [UInt8] = []
    /// Bytes the transport took and could not send yet.
    var inTransit = 0
    /// Bytes of answers that wait for the rest of their batch.
    var inBatches = 0
    private(set) var isClaimed = false
    /// Nobody reads any more: whatever is said is forgotten.
    private(set) var isMute = false
    /// The latest progress of requests whose peer does not read, in order of their first.
    private var held: [(id: RequestID, payload: [UInt8])] = []
    private var heldBytes = 0

    /// A buffer that has grown beyond this is not kept.
    private static let keptCapacity = 64 << 10

    var waiting: Int { bytes.count + inTransit + inBatches }

    /// True for the one who now has to see to the sending.
    mutating func claim() -> Bool {
        if isClaimed { return false }
        isClaimed = true
        return true
    }

    mutating func append(_ payload: [UInt8]) {
        if isMute { return }
        Frame.append(payload, to: &bytes)
    }

    /// Appends a frame whose payload `build` appends; takes it back, and returns its length, when it is longer than
    /// `limit`.
    mutating func append(upTo limit: Int, _ build: (inout [UInt8]) -> Void) -> Int? {
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
        held = []
        heldBytes = 0
        inTransit = 0
        inBatches = 0
    }
}
