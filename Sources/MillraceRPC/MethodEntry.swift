import JSONCodec
import MillraceProtocol
import Synchronization

/// A method with its handler, its types forgotten.
class MethodEntry: @unchecked Sendable {
    let description: MethodDescription
    private let kept = AtomicLazyReference<MethodMeter>()

    init(_ description: MethodDescription) {
        self.description = description
    }

    /// What counts the method, made with its first request. A router serves one server at most that counts.
    func meter(in meters: RPCMeters) -> MethodMeter {
        kept.load() ?? kept.storeIfNil(meters.meter(description.name))
    }

    /// Reads the parameters and starts the handler. Called on the connection's thread.
    func start(_ call: IncomingCall, params: Span<UInt8>, depth: Int) {
        fatalError("abstract")
    }
}

extension MethodDescription {
    init<M: RPCMethod>(_ method: M.Type) {
        self.init(
            name: M.name, access: M.access, execution: M.execution, isKeyed: M.isKeyed,
            interruptible: M.interruptible)
    }
}

private func decode<Params: JSONDecodable>(
    _: Params.Type, _ span: Span<UInt8>, depth: Int
) throws(RPCError) -> Params {
    do throws(JSONError) {
        return try JSON.decode(Params.self, span: span, limits: JSONLimits(depth: depth))
    } catch {
        throw RPCError.invalidParams(error)
    }
}

final class TaskEntry<M: RPCMethod>: MethodEntry, @unchecked Sendable {
    private let handler: @Sendable (M.Params, RPCContext) async throws -> M.Result

    init(_ handler: @escaping @Sendable (M.Params, RPCContext) async throws -> M.Result) {
        self.handler = handler
        super.init(MethodDescription(M.self))
    }

    override func start(_ call: IncomingCall, params: Span<UInt8>, depth: Int) {
        let decoded: M.Params
        do throws(RPCError) {
            decoded = try decode(M.Params.self, params, depth: depth)
        } catch {
            return call.session.finish(call, failing: error)
        }
        // From this nonisolated place `immediate` runs the handler here and now until it first suspends.
        let task =
            switch description.execution {
            case .inline: Task.immediate { await self.run(decoded, call) }
            case .offloaded: Task { await self.run(decoded, call) }
            }
        call.session.started(call, task)
    }

    private func run(_ params: M.Params, _ call: IncomingCall) async {
        do {
            let result = try await handler(params, RPCContext(call: call))
            call.session.finish(call, with: result)
        } catch {
            call.session.finish(call, throwing: error)
        }
    }
}

final class PlainEntry<M: RPCMethod>: MethodEntry, @unchecked Sendable {
    private let handler: @Sendable (M.Params, RPCContext) throws -> M.Result

    init(_ handler: @escaping @Sendable (M.Params, RPCContext) throws -> M.Result) {
        self.handler = handler
        super.init(MethodDescription(M.self))
    }

    override func start(_ call: IncomingCall, params: Span<UInt8>, depth: Int) {
        let decoded: M.Params
        do throws(RPCError) {
            decoded = try decode(M.Params.self, params, depth: depth)
        } catch {
            return call.session.finish(call, failing: error)
        }
        switch description.execution {
        case .inline: run(decoded, call)
        case .offloaded: call.session.started(call, Task { self.run(decoded, call) })
        }
    }

    private func run(_ params: M.Params, _ call: IncomingCall) {
        do {
            call.session.finish(call, with: try handler(params, RPCContext(call: call)))
        } catch {
            call.session.finish(call, throwing: error)
        }
    }
}

final class ReplyEntry<M: RPCMethod>: MethodEntry, @unchecked Sendable {
    private let handler: @Sendable (M.Params, RPCContext, RPCReply<M>) throws -> Void

    init(_ handler: @escaping @Sendable (M.Params, RPCContext, RPCReply<M>) throws -> Void) {
        self.handler = handler
        super.init(MethodDescription(M.self))
    }

    override func start(_ call: IncomingCall, params: Span<UInt8>, depth: Int) {
        do throws(RPCError) {
            let params = try decode(M.Params.self, params, depth: depth)
            let reply = RPCReply<M>(call)
            do {
                try handler(params, RPCContext(call: call), reply)
            } catch {
                reply.fail(error)
            }
        } catch {
            call.session.finish(call, failing: error)
        }
    }
}
