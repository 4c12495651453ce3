import MillraceProtocol
import MillraceRPC

/// The wire side of the runner.
extension Runner {
    func register(on router: inout RPCRouter) {
        registerJobs(on: &router)
        registerQueues(on: &router)
        registerLimits(on: &router)
        registerPermits(on: &router)
        registerWorkers(on: &router)
    }
}
