public import Linux
public import Logging
public import MillraceProtocol

/// Declarations that cannot be used; each mistake was logged with its place.
public struct DeclarationFault: Error, Hashable, ExitCodeConvertible, CustomStringConvertible {
    public let subject: ConfigurationFolder.Subject
    public let mistakes: Int

    /// Logs what is wrong or odd with what was read.
    ///
    /// - Throws: when anything is wrong; what is merely odd is only said.
    public static func tell(
        _ verdict: DeclarationVerdict, of subject: ConfigurationFolder.Subject, _ log: Logger
    ) throws(DeclarationFault) {
        for mistake in verdict.mistakes { log.error("\(mistake)") }
        for warning in verdict.warnings { log.warning("\(warning)") }
        guard verdict.mistakes.isEmpty else {
            throw DeclarationFault(subject: subject, mistakes: verdict.mistakes.count)
        }
    }

    public var description: String {
        let count = mistakes == 1 ? "a mistake" : "\(mistakes) mistakes"
        let check =
            switch subject {
            case .kinds: ", millctl kind check looks at them without the runner"
            case .datasets: ", millctl preload check looks at them without the preloader"
            case .schedules, .alerts: ""
            }
        return "the declarations of \(subject.rawValue) have \(count); mend them\(check)"
    }

    public var exitCode: ExitCode { .configuration }
}
