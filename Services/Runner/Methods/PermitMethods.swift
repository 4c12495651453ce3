import Linux
import MillraceProtocol
import MillraceRPC
import Resilience

/// The wire side of permits: one budget of an outside API for all workers, in whatever language.
extension Runner {
    func registerPermits(on router: inout RPCRouter) {
        router.onReply(PermitAcquire.self) { [self] params, context, reply in
            guard NameRule.isName(params.resource) else {
                throw JobError.invalid(field: "resource", Rules.nameRule("resource"))
            }
            let count = params.count ?? 1
            guard (1...1000).contains(count) else {
                throw JobError.invalid(field: "count", "a permit is for 1 to 1,000 tokens, not \(count)")
            }
            acquire(params.resource, count, context) { reply.resolve($0) }
        }
        router.onReply(PermitReport.self) { [self] params, context, reply in
            try settle(params.permit, of: context.session)
            handle(.permitReported(params.permit, succeeded: params.succeeded))
            reply.succeed(Done())
        }
        router.onReply(PermitRelease.self) { [self] params, context, reply in
            try settle(params.permit, of: context.session)
            handle(.permitReturned(params.permit))
            reply.succeed(Done())
        }
    }

    /// A permit is settled once, by whom it was given to.
    private func settle(_ permit: Int64, of session: RPCSession) throws(JobError) {
        guard granted.untie(permit, from: session) else { throw .unknownPermit(permit) }
    }

    private func acquire(
        _ name: String, _ count: Int, _ context: RPCContext,
        _ answer: @escaping @Sendable (Result<PermitAcquire.Result, any Error>) -> Void
    ) {
        let session = context.session
        let (number, worker) = state.withLock { state in
            state.lastPermit += 1
            let number = state.lastPermit
            state.permits[number] = { [self] outcome in
                // What was granted may have been used, so its tokens do not come back; but nobody will report it.
                if case .success = outcome {
                    granted.tie(number, to: session) { [weak self] in self?.handle(.permitLost($0)) }
                }
                answer(
                    outcome.map {
                        PermitAcquire.Result(
                            permit: number, resource: $0.name, waitedMs: Int($0.waited.milliseconds))
                    }.mapError { JobError.permit($0, now: time.boot()) })
            }
            return (number, state.workers.first { $0.value === session }?.key)
        }
        // Whoever hangs up or waits no longer leaves the line; the answer he gets is that of a cancelled call.
        context.onCancel { [weak self] in
            guard let self, state.withLock({ $0.permits.removeValue(forKey: number) }) != nil else { return }
            handle(.permitReturned(number))
            answer(.failure(CancellationError()))
        }
        handle(.permitAsked(number, PermitBook.Permit(name: name, count: count, worker: worker)))
    }
}
