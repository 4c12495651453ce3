import JSONCodec
import MillraceProtocol

/// Bounds of what workers say of themselves and of their work: it stands beside each job in lists and in what others are
/// told, so that little of it is kept. What is for people is cut, what programs go by is refused.
extension Payload {
    /// Bytes of a message, a cause, a word of progress.
    static let words = 4096
    /// Bytes of what an error says beside its known members.
    static let data = 8192
    /// Bytes of a word that programs go by: a reason, the name of a field.
    static let word = 256
    /// Characters of the key of an item.
    static let itemKey = 1000
    /// Characters of the summary of a kind, as in its file.
    static let summary = 200

    /// As much of a text as has so many bytes; "…" stands for what was cut off its end.
    static func cut(_ text: String, to limit: Int = words) -> String {
        guard text.utf8.count > limit else { return text }
        // A character takes four bytes at most.
        for length in stride(from: max(0, limit - 3), to: max(0, limit - 7), by: -1) {
            if let whole = String(text.utf8.prefix(length)) { return whole + "…" }
        }
        return "…"
    }

    /// An error as it is kept and passed on: its texts are cut, and data beyond the bounds is left out, with its length in
    /// its place as `omittedBytes`.
    static func kept(_ error: RPCError) -> RPCError {
        var kept = error
        kept.message = cut(error.message)
        kept.detail = error.detail.map { cut($0) }
        kept.status = error.status.map { StatusWord(rawValue: cut($0.rawValue, to: word)) }
        kept.reason = error.reason.map { cut($0, to: word) }
        kept.field = error.field.map { cut($0, to: word) }
        kept.correlationId = error.correlationId.map { cut($0, to: word) }
        if let details = error.details, details.bytes.count > data || fault(details, "data") != nil {
            var omitted = JSONWriter()
            omitted.object { $0.member("omittedBytes", details.bytes.count) }
            kept.details = JSONRaw(unchecked: omitted.bytes)
        }
        return kept
    }

    /// Why a plan cannot be carried out as it is; nil when it can.
    static func fault(_ plan: WorkloadPlan.Result) -> RPCError? {
        for (index, item) in plan.items.enumerated() {
            let length = item.key.unicodeScalars.count
            if length > itemKey {
                return RPCError(
                    .invalidArgument,
                    "the key \(cut(item.key, to: word)) of an item has \(length) characters; at most \(itemKey) are kept",
                    reason: "plan.key", field: "items[\(index)].key")
            }
            if let fault = fault(item.input, "input of \(item.key)", field: "items[\(index)].input") { return fault }
        }
        return nil
    }
}
