import Glibc
import Linux
import MillraceProtocol

/// The exit codes of millctl: those of sysexits(3) and, for a job that was waited for, how it ended.
typealias Exit = Linux.ExitCode

extension Exit {
    static let jobFailed = failure
    static let jobPartial = Exit(rawValue: 2)
    static let jobCancelled = Exit(rawValue: 3)
    static let interrupted = Exit(rawValue: 128 + SIGINT)

    /// What `millctl exit-codes` says; one row per code.
    static let meanings: [(Exit, String)] = [
        (.ok, "done; a job that was waited for succeeded"),
        (.jobFailed, "the job that was waited for failed"),
        (.jobPartial, "the job that was waited for succeeded in parts"),
        (.jobCancelled, "the job that was waited for was cancelled"),
        (.usage, "the command is wrong, or the method unknown"),
        (.dataError, "what was given is wrong: parameters, a file to import, a job in the wrong state"),
        (.noInput, "not found: a file, a job"),
        (.unavailable, "a service does not run or cannot serve; `status`: something is down or failing"),
        (.software, "a service failed in itself, or died"),
        (.osError, "the operating system refused something"),
        (.cannotCreate, "an output file cannot be made"),
        (.ioError, "reading or writing failed"),
        (.temporaryFailure, "not now: busy, over a limit, out of time, the suite runs already; trying again may help"),
        (.noPermission, "not allowed"),
        (.configuration, "settings are wrong"),
        (.interrupted, "interrupted by Ctrl-C; a job that was waited for goes on"),
    ]
}

extension Exit {
    /// How a job ended that was waited for.
    init(_ state: JobState) {
        switch state {
        case .succeeded: self = .ok
        case .partial: self = .jobPartial
        case .cancelled: self = .jobCancelled
        case .failed, .scheduled, .ready, .running: self = .jobFailed
        }
    }

    /// What a service's answer means for the command.
    init(_ error: RPCError) {
        if error.code == RPCError.Code.methodNotFound {
            self = .usage
            return
        }
        switch error.status {
        case .invalidArgument?, .failedPrecondition?, .alreadyExists?: self = .dataError
        case .notFound?: self = .noInput
        case .unavailable?: self = .unavailable
        case .permissionDenied?: self = .noPermission
        case .resourceExhausted?, .aborted?, .deadlineExceeded?, .cancelled?: self = .temporaryFailure
        case .unimplemented?: self = .usage
        default: self = .software
        }
    }
}
