import JSONCodec
public import Linux
public import Logging
import MillraceProtocol
import MillraceRPC
public import Telemetry

/// Tells the metrics service what this process has counted: now and then, and once more at its end.
///
/// What is told are totals, so what could not be told is told with the next; nothing waits for it, and where no metrics service
/// is, nothing is kept for it.
public final class MetricsPublisher: Sendable {
    /// How long a publication is waited for; at the end of the process a fifth of that.
    static let patience = Duration.seconds(5)

    private let client: RPCClient
    private let interval: Locked<Duration>
    private let log: Logger
    private let time: any TimeSource
    private let snapshot: @Sendable () async -> Snapshot
    private let isAway = Locked(false)

    /// - Parameters:
    ///   - socket: that of the metrics service; it need not be there.
    ///   - snapshot: what is told; asked for with each publication.
    public init(
        socket: String, every interval: Duration = .seconds(15), log: Logger, time: any TimeSource,
        snapshot: @escaping @Sendable () async -> Snapshot
    ) {
        self.interval = Locked(interval)
        self.log = log
        self.time = time
        self.snapshot = snapshot
        client = RPCClient(socket: socket, log: log, time: time, patience: .zero)
    }

    public func set(interval: Duration) {
        self.interval.withLock { $0 = interval }
    }

    /// Publishes until the task is cancelled.
    public func run() async {
        repeat {
            await publish(isLast: false, within: Self.patience)
        } while (try? await time.sleep(for: interval.withLock { $0 })) != nil  // Cancelled: the end.
    }

    /// The last words: what was counted, and that it ends.
    public func finish() async {
        await publish(isLast: true, within: Self.patience / 5)
        client.close()
    }

    private func publish(isLast: Bool, within limit: Duration) async {
        let snapshot = await snapshot()
        do {
            _ = try await client.call(
                MetricsPublish.self, .init(snapshot: JSONRaw(snapshot), last: isLast),
                options: CallOptions(timeout: limit)
            )
            if isAway.withLock({ isAway in
                defer { isAway = false }
                return isAway
            }) {
                log.info("figures are published again")
            }
        } catch {
            let isNews = isAway.withLock { isAway in
                defer { isAway = true }
                return !isAway
            }
            guard isNews, !(error is CancellationError) else { return }
            // One that is there and refuses them will refuse the next too.
            let isRefused = (error as? any RPCErrorConvertible)?.rpcError.status == .invalidArgument
            log.log(level: isRefused ? .warning : .debug, "figures are not published, continuing: \(error)")
        }
    }
}
