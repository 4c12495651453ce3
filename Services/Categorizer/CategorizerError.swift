import Linux
import MillraceProtocol

/// What the categorizer refuses.
enum CategorizerError: RPCErrorConvertible, Hashable {
    case invalid(field: String, String)
    case pattern(field: String, String)
    case unknownCategory(String, field: String, known: [String])
    case categoryDepth(String)
    case unknownPattern(String, field: String)
    case unknownExpenses([String], field: String)
    case categorized([String])
    case unknownOperation(Int64)
    case notUndoable(Int64, String)
    case tooFew(Int)
    case noModel

    var rpcError: RPCError {
        switch self {
        case .invalid(let field, let message):
            RPCError(.invalidArgument, message, reason: RPCError.Reason.params, field: field)
        case .pattern(let field, let message):
            RPCError(.invalidArgument, message, reason: "pattern.invalid", field: field)
        case .unknownCategory(let name, let field, let known):
            RPCError(
                .notFound,
                "no category \"\(name.prefix(100))\""
                    + (known.isEmpty ? "; there is none" : NearMiss.hint(name, among: known)),
                reason: "category.unknown", field: field)
        case .categoryDepth(let name):
            RPCError(
                .failedPrecondition, "\(name) cannot be a parent: categories have two levels", reason: "category.depth",
                field: "parent")
        case .unknownPattern(let name, let field):
            RPCError(.notFound, "no \(name)", reason: "pattern.unknown", field: field)
        case .unknownExpenses(let ids, let field):
            RPCError(
                .notFound, "\(Self.count(ids)) not there: \(Self.list(ids))", reason: "expense.unknown", field: field)
        case .categorized(let ids):
            RPCError(
                .failedPrecondition,
                "\(Self.count(ids)) categorized already: \(Self.list(ids)); allow_recategorize gives them another category",
                reason: "bulk.categorized", field: "ids")
        case .unknownOperation(let id):
            RPCError(.notFound, "no operation \(id)", reason: "bulk.unknown", field: "operation")
        case .notUndoable(let id, let why):
            RPCError(.failedPrecondition, "operation \(id) \(why)", reason: "bulk.notUndoable", field: "operation")
        case .tooFew(let count):
            RPCError(
                .failedPrecondition,
                "\(count) confirmed expenses are too few to learn from; at least \(Trainer.least) are needed",
                reason: "model.tooFew")
        case .noModel:
            RPCError(.failedPrecondition, "there is no model before this one", reason: "model.none")
        }
    }

    private static func count(_ ids: [String]) -> String {
        ids.count == 1 ? "1 expense is" : "\(ids.count) expenses are"
    }

    private static func list(_ ids: [String]) -> String {
        ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
    }
}
