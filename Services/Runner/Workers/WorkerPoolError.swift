import MillraceProtocol

/// Why a pool cannot be resized.
enum WorkerPoolError: RPCErrorConvertible, Hashable {
    case unknownPool(String, known: [String])
    case badSize(Int)

    var rpcError: RPCError {
        switch self {
        case .unknownPool(let pool, let known):
            RPCError(
                .notFound,
                "no pool \"\(pool)\"; "
                    + (known.isEmpty ? "none is declared" : "there are \(known.joined(separator: ", "))"),
                reason: "pool.notFound", field: "pool")
        case .badSize(let size):
            RPCError(
                .invalidArgument, "a pool has 1 to 64 processes, not \(size)", reason: "params.invalid",
                field: "processes")
        }
    }
}
