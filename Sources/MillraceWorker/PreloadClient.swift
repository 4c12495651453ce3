import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC

/// Asks the preloader for keys of datasets, on behalf of a worker or any other program.
///
/// The preloader may be absent: then a call fails with `UNAVAILABLE` at once, and whoever can reads from the source itself.
public final class PreloadClient: Sendable {
    /// What became of the keys of one dataset; each key that was asked for is in exactly one of the three.
    public struct Rows: Sendable {
        /// In the order of the keys.
        public let values: [(key: String, value: JSONRaw)]
        /// Keys without a row: an answer, not an error.
        public let missing: [String]
        /// Keys of which nothing is known, each with its cause.
        public let errors: [(key: String, error: RPCError)]
        private let places: [String: Int]

        init(_ rows: DatasetRows) {
            values = rows.values.map { ($0.key, $0.value) }
            missing = rows.missing
            errors = rows.errors.map { ($0.key, $0.error) }
            places = Dictionary(values.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// The row of a key; nil when it has none, or none is known.
        public subscript(key: String) -> JSONRaw? { places[key].map { values[$0].value } }

        /// The row of a key as a value.
        ///
        /// - Throws: the error of this key, or `JSONError` when the row is no such value.
        /// - Returns: nil for a key that is missing.
        public func decode<Value: JSONDecodable>(_ key: String, as type: Value.Type = Value.self) throws -> Value? {
            if let error = errors.first(where: { $0.key == key }) { throw error.error }
            return try self[key]?.decode(Value.self)
        }

        /// Throws the first error there is, so that a batch that needs all its keys ends here.
        public func orThrow() throws(RPCError) -> Rows {
            if let first = errors.first { throw first.error }
            return self
        }
    }

    /// The one for this process, at the usual place: see ``socketPath(environment:)``.
    public static let shared = PreloadClient(socket: socketPath { Environment[$0] })

    private let client: RPCClient

    /// - Parameter path: the preloader's socket.
    public init(socket path: String, log: Logger = Logger(label: "millrace.preload")) {
        // Systemd, or millctl, holds the socket while the service is started again: whoever finds none finds no preloader.
        client = RPCClient(socket: path, log: log, patience: .milliseconds(200))
    }

    /// `run/preloader.sock` in the folder that `MILLRACE_STATE` names, else the one of the installed system.
    public static func socketPath(environment: (String) -> String?) -> String {
        ServiceSocket.path(of: "preloader", environment: environment)
    }

    /// Loads keys of one dataset.
    ///
    /// - Parameters:
    ///   - kind: the kind of job it is for, which the report of who asks key by key names.
    ///   - timeout: how long to wait; the load is given up then, unless others wait for it too.
    /// - Throws: `RPCError`: `UNAVAILABLE` without a preloader, `NOT_FOUND` (`dataset.unknown`), `DEADLINE_EXCEEDED`;
    ///   `CancellationError`. What concerns one key is among ``Rows/errors``.
    public func load(
        _ dataset: String, _ keys: [String], kind: String? = nil, timeout: Duration? = nil
    ) async throws -> Rows {
        if keys.isEmpty { return Rows(DatasetRows(dataset: dataset)) }
        let all = try await load([DatasetKeys(dataset: dataset, keys: keys)], kind: kind, timeout: timeout)
        return all[0]
    }

    /// Loads keys of several datasets side by side; answers in their order. None may be empty.
    public func load(
        _ datasets: [DatasetKeys], kind: String? = nil, timeout: Duration? = nil, options: CallOptions = CallOptions()
    ) async throws -> [Rows] {
        var options = options
        options.timeout = [options.timeout, timeout].compactMap(\.self).min()
        let params = PreloadFetch.Params(datasets: datasets, kind: kind)
        let result: PreloadFetch.Result
        do {
            result = try await client.call(PreloadFetch.self, params, options: options)
        } catch let error as RPCError where error.reason == RPCError.Reason.connectionRefused {
            throw RPCError(
                .unavailable, "no preloader at \(client.path): read from the source, or start millrace-preloader",
                reason: "preload.absent")
        }
        guard result.datasets.map(\.dataset) == datasets.map(\.dataset) else {
            throw RPCError(.internal, "the preloader answered other datasets than were asked", reason: "preload.answer")
        }
        return result.datasets.map(Rows.init)
    }

    /// Forgets keys of a dataset, for instance those that were just written; without keys all of it.
    public func clear(_ dataset: String, _ keys: [String]? = nil, timeout: Duration? = .seconds(5)) async throws {
        _ = try await client.call(
            PreloadClear.self, .init(dataset: dataset, keys: keys), options: CallOptions(timeout: timeout))
    }

    public func close() { client.close() }
}

extension JobRun {
    /// Loads keys of a dataset by the preloader of the machine, which loads each key once for all who ask.
    ///
    /// - Parameter timeout: how long to wait at most; the time of the call that this run is goes before it.
    /// - Throws: `RPCError`, `UNAVAILABLE` where no preloader is: read from the source itself then, or let the item run again
    ///   later by passing the error on. `CancellationError`.
    public func preload(
        _ dataset: String, _ keys: [String], timeout: Duration? = nil, by client: PreloadClient = .shared
    ) async throws -> PreloadClient.Rows {
        if keys.isEmpty { return PreloadClient.Rows(DatasetRows(dataset: dataset)) }
        return try await preload([DatasetKeys(dataset: dataset, keys: keys)], timeout: timeout, by: client)[0]
    }

    /// Loads keys of several datasets side by side; answers in their order. None may be empty.
    public func preload(
        _ datasets: [DatasetKeys], timeout: Duration? = nil, by client: PreloadClient = .shared
    ) async throws -> [PreloadClient.Rows] {
        try await client.load(datasets, kind: kind, timeout: timeout, options: options)
    }

    /// What is left of the time of the call, and its correlation id.
    private var options: CallOptions {
        var options = desk?.options ?? CallOptions()
        options.idempotencyKey = nil
        options.correlationId = correlationId
        return options
    }
}
