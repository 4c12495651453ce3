import JSONCodec
import MillraceProtocol

/// Bounds of a value that the runner keeps and passes on.
///
/// It is passed on inside other values: params in the call to a worker, an output in `summarize` and in `job.show`.
/// What fills a message to its bounds would come in and never get out again.
enum Payload {
    /// Eight less than a message may have, see `limit.depth`.
    static let depth = 56
    /// 64 KiB less than a frame may have, see `limit.frame`.
    static let bytes = (16 << 20) - (64 << 10)

    /// Why `value` cannot be passed on; nil when it can.
    static func fault(_ value: JSONRaw?, _ name: String, field: String? = nil) -> RPCError? {
        guard let value else { return nil }
        if value.bytes.count > bytes {
            return RPCError(
                .invalidArgument, "\(name): \(value.bytes.count) bytes long; at most \(bytes) can be passed on",
                reason: "limit.frame", field: field)
        }
        // Whatever nests deeper has an opening and a closing byte for each level.
        guard value.bytes.count > 2 * depth else { return nil }
        do {
            _ = try JSONRaw(validating: value.bytes, limits: JSONLimits(depth: depth))
            return nil
        } catch {
            guard case .depth = error.kind else { return nil }
            return RPCError(
                .invalidArgument, "\(name): nested deeper than the \(depth) levels that can be passed on",
                reason: "limit.depth", field: field)
        }
    }
}
