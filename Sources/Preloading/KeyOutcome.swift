import JSONCodec
import MillraceProtocol

/// What became of one key.
public enum KeyOutcome: Hashable, Sendable {
    case value(JSONRaw)
    /// The source answered and has no row of this key. That is an answer, not an error.
    case missing
    /// Nothing is known of the key.
    case failed(LoadFailure)

    public var error: RPCError? { if case .failed(let failure) = self { failure.error } else { nil } }
}

/// Why keys were not loaded; one for all keys of a load, so that an outcome stays a word long.
public final class LoadFailure: Hashable, Sendable {
    public let error: RPCError

    public init(_ error: RPCError) {
        self.error = error
    }

    public static func == (left: LoadFailure, right: LoadFailure) -> Bool { left.error == right.error }
    public func hash(into hasher: inout Hasher) { hasher.combine(error) }
}

extension LoadFailure {
    /// The reasons this module gives.
    public enum Reason {
        /// The source does not keep to what was agreed.
        public static let faulty = "source.faulty"
        /// More keys wait than may.
        public static let full = "preload.full"
        /// The source did not answer in time.
        public static let timeout = "source.timeout"
        /// It broke off for a cause of its own.
        public static let failed = "source.failed"
    }

    /// The face of whatever a source threw.
    static func of(_ error: any Error, dataset: String) -> LoadFailure {
        if let error = error as? any RPCErrorConvertible { return LoadFailure(error.rpcError) }
        return LoadFailure(
            RPCError(.unavailable, "the source of \(dataset) failed", reason: Reason.failed))
    }
}
