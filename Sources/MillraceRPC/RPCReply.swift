import JSONCodec
import MillraceProtocol

/// The answer that a handler without a task owes. It may be given from any thread, once; more are ignored, and letting
/// go of it unanswered answers `INTERNAL`.
public final class RPCReply<Method: RPCMethod>: Sendable {
    private let call: IncomingCall

    init(_ call: IncomingCall) {
        self.call = call
    }

    deinit {
        call.session.finish(call, unanswered: "the handler of \(call.method) let go of its answer")
    }

    public func succeed(_ result: Method.Result) {
        call.session.finish(call, with: result)
    }

    /// Answers with something that writes itself as the method's result would, from where it lies.
    public func succeed(writing result: some JSONEncodable) {
        call.session.finish(call, with: result)
    }

    /// The error's face on the wire is found as for one that a handler throws.
    public func fail(_ error: any Error) {
        call.session.finish(call, throwing: error)
    }

    public func resolve(_ outcome: Result<Method.Result, any Error>) {
        switch outcome {
        case .success(let result): succeed(result)
        case .failure(let error): fail(error)
        }
    }
}
