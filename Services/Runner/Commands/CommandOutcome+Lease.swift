import Linux
import MillraceProtocol

extension CommandOutcome {
    /// A command that was killed is a lost worker: it may have been the machine's doing, and says nothing of the work.
    var leaseEnd: LeaseEnd {
        switch result {
        case .success(let output):
            return Payload.fault(output, "output").map { .failed($0) } ?? .processed(.init(output: output))
        case .failure(let error) where error.reason == "command.signal" || error.reason == RPCError.Reason.stopping:
            return .lost(error.message)
        case .failure(let error): return .failed(Payload.kept(error))
        }
    }

    var facts: AttemptFacts {
        var facts = AttemptFacts(cpu: exit == nil ? nil : cpuTime, peakBytes: peakBytes)
        switch exit {
        case .exited(let code)?: facts.exitCode = code
        case .signalled(let signal)?: facts.signal = signal
        case nil: break
        }
        return facts
    }
}
