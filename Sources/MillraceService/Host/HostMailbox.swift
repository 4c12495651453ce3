import MillraceProtocol

/// What comes to the host from signals, callers and the service, for one loop to handle in order.
final class HostMailbox: Sendable {
    let events: AsyncStream<HostEvent>
    /// Of any number that were not looked at yet, one is left.
    let statusPokes: AsyncStream<Void>
    private let input: AsyncStream<HostEvent>.Continuation
    private let pokes: AsyncStream<Void>.Continuation

    init() {
        (events, input) = AsyncStream.makeStream(of: HostEvent.self, bufferingPolicy: .bufferingOldest(256))
        (statusPokes, pokes) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    @Sendable func post(_ event: HostEvent) {
        if case .statusChanged = event {
            pokes.yield()
            return
        }
        switch input.yield(event) {
        case .enqueued: break
        case .dropped(let event): refuse(event)
        case .terminated: refuse(event)
        @unknown default: break
        }
    }

    /// Has the settings read again by the loop and waits for the warnings.
    func reload() async throws -> [String] {
        try await withCheckedThrowingContinuation { post(.reload($0)) }
    }

    /// What comes from now on is refused, and so is what waits.
    func close() {
        input.finish()
        pokes.finish()
        Task.immediate { [events] in
            for await event in events { refuse(event) }
        }
    }

    private func refuse(_ event: HostEvent) {
        guard case .reload(let caller) = event else { return }
        caller.resume(
            throwing: RPCError(
                .unavailable, "the service is stopping or busy, try again", reason: RPCError.Reason.stopping))
    }
}
