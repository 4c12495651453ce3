import Linux
import MillraceProtocol

/// What the preloader refuses.
enum PreloadError: RPCErrorConvertible, Hashable {
    case unknownDataset(String, field: String, known: [String])
    case invalid(field: String, String)
    /// What all are to see only an administrator may set.
    case sharedDataset(String)
    case othersCache

    var rpcError: RPCError {
        switch self {
        case .unknownDataset(let name, let field, let known):
            RPCError(
                .notFound,
                "no dataset \"\(name.prefix(100))\" is declared"
                    + (known.isEmpty ? "; none is" : NearMiss.hint(name, among: known)),
                reason: "dataset.unknown", field: field)
        case .invalid(let field, let message):
            RPCError(.invalidArgument, message, reason: RPCError.Reason.params, field: field)
        case .sharedDataset(let name):
            RPCError(
                .permissionDenied, "\(name) is the same for everybody, so only an administrator may put values there",
                reason: "preload.shared", field: "dataset")
        case .othersCache:
            RPCError(
                .permissionDenied, "only an administrator may clear what is kept for others", reason: "preload.others",
                field: "everybody")
        }
    }
}
