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

    /// What an answer may be long, besides its envelope.
    private static let answer = (16 << 20) - (4 << 10)

    /// Leaves out of a job what makes it longer than a message may be, and says what.
    ///
    /// - Throws: `limit.frame` where the rest does not fit either.
    static func fit(_ detail: inout JobDetail) throws(RPCError) {
        var (length, leftOut) = (JSON.encode(detail).count, [JobDetail.LeftOut]())
        for part in JobDetail.LeftOut.allCases where length > answer {
            detail.leaveOut(part)
            let rest = JSON.encode(detail).count
            if rest < length { leftOut.append(part) }
            length = rest
        }
        if !leftOut.isEmpty { detail.leftOut = leftOut }
        guard length > answer else { return }
        throw RPCError(
            .resourceExhausted,
            "job \(detail.job.id): \(length) bytes long even without params and result; ask for fewer rows",
            reason: RPCError.Reason.frameLimit, field: "limit")
    }

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

extension JobDetail {
    fileprivate mutating func leaveOut(_ part: LeftOut) {
        switch part {
        case .params: job.params = nil
        case .result: job.result = nil
        case .inputs:
            for index in (items ?? []).indices where items?[index].input != .null { items?[index].input = nil }
        case .outputs: for index in (items ?? []).indices { items?[index].output = nil }
        }
    }
}
