import BackOffice
import Linux
import Logging
import MillraceProtocol
import MillraceStore
import MillraceWorker

extension JobRun {
    /// The same whenever the job is taken up again, and no other job's.
    var name: String { "\(correlationId)/\(jobID)" }

    /// The lines of an engine, in the log of the job.
    var lines: RunLog {
        let log = log
        return RunLog { line in
            var metadata: Logger.Metadata = [:]
            for (name, value) in line.fields { metadata[name] = "\(value)" }
            let level: Logger.Level =
                switch line.level {
                case .debug: .debug
                case .info: .info
                case .warning: .warning
                case .error: .error
                }
            log.log(level: level, "\(line.message)", metadata: metadata)
        }
    }
}

extension RunLog {
    /// A line with a count for each name.
    func tell(_ message: String, _ counts: [String: Int]) {
        self(.info, message, counts.mapValues { "\($0)" })
    }
}

extension Outcome {
    /// What became of a contractor, as the engines want it. An item that did not come to an end was cancelled.
    var ofContractor: (ContractorID, Result<Output, ContractorFailure>) {
        let contractor = ContractorID(key)
        if let output { return (contractor, .success(output)) }
        return (contractor, .failure(ContractorFailure(contractor: contractor, error: error?.message ?? "cancelled")))
    }
}

/// Runs `body`, whose errors get the face they have on the wire.
func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as StoreError {
        throw error.ofBooks
    } catch let error as BooksError {
        throw error.rpcError
    } catch let error as BriefZoneError {
        throw error.rpcError
    } catch let error as SystemError {
        throw RPCError(.failedPrecondition, "the books: \(error)", reason: "books.cannotOpen")
    }
}

extension StoreError {
    /// By its status it says whether trying again may help.
    var ofBooks: RPCError {
        let (status, reason): (StatusWord, String) =
            switch kind {
            case .busy: (.unavailable, "books.busy")
            case .closed, .interrupted: (.unavailable, "books.closed")
            case .ioError, .moved: (.unavailable, "books.io")
            case .full: (.resourceExhausted, "books.full")
            case .missing: (.failedPrecondition, "books.missing")
            case .cannotOpen, .readOnly, .inUse, .foreign, .unfinishedRestore: (.failedPrecondition, "books.cannotOpen")
            case .fromTheFuture, .migration: (.failedPrecondition, "books.version")
            case .corrupt: (.dataLoss, "books.corrupt")
            case .constraint: (.aborted, "books.conflict")
            case .misuse, .other: (.internal, "books.error")
            }
        return RPCError(status, "the books: \(message)", reason: reason)
    }
}

extension BooksError: RPCErrorConvertible {
    public var rpcError: RPCError {
        switch self {
        case .noContractor, .noOrder, .noDeployment, .noLine, .noBrief:
            RPCError(.failedPrecondition, description, reason: "books.missing")
        case .changed: RPCError(.failedPrecondition, description, reason: "books.changed")
        case .doubled: RPCError(.dataLoss, description, reason: "books.doubled")
        case .damaged: RPCError(.dataLoss, description, reason: "books.damaged")
        }
    }
}

extension BriefZoneError: RPCErrorConvertible {
    public var rpcError: RPCError {
        RPCError(.unavailable, description, reason: "zone.unreadable", retryAfterMs: 1000)
    }
}
