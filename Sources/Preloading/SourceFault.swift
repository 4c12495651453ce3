import MillraceProtocol

/// In what way a source does not keep to what was agreed.
public enum SourceFault: Hashable, Sendable, CustomStringConvertible {
    /// Fewer rows than keys, from a source that answers in their order.
    case short(rows: Int, keys: Int)
    /// More rows than keys, likewise.
    case long(rows: Int, keys: Int)
    /// Several rows with one key, where there is one at most.
    case doubled(rows: Int)
    /// Rows with keys that were not asked for.
    case foreign(rows: Int)
    /// A page that leads back to one that was read.
    case circle
    /// More pages than one load may read.
    case endless(pages: Int)

    /// Without the keys: they may be personal.
    public var description: String {
        switch self {
        case .short(let rows, let keys): "it answered short, \(rows) rows for \(keys) keys"
        case .long(let rows, let keys): "it answered long, \(rows) rows for \(keys) keys"
        case .doubled(let rows): "it gave \(rows == 1 ? "a second row" : "\(rows) second rows") for a key that has one"
        case .foreign(let rows): "it gave \(rows == 1 ? "a row" : "\(rows) rows") with keys that were not asked for"
        case .circle: "a page of it leads back to one that was read"
        case .endless(let pages): "it has more than the \(pages) pages that a load may read"
        }
    }

    func failure(of dataset: String) -> LoadFailure {
        LoadFailure(
            RPCError(
                .failedPrecondition, "the source of \(dataset) is faulty: \(self)", reason: LoadFailure.Reason.faulty))
    }
}
