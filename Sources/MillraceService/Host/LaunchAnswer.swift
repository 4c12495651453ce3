import Glibc
public import Linux

/// Something that a program prints instead of doing its work.
public struct LaunchAnswer: Hashable, Sendable {
    public var output = ""
    public var errors = ""
    public var code = ExitCode.ok

    public init(output: String) { self.output = output }

    /// The answer of `--check-config`.
    ///
    /// - Parameter listing: each setting in effect.
    public init(listing: String, mistakes: [String], warnings: [String]) {
        output = listing
        errors = warnings.map { "warning: \($0)\n" }.joined() + mistakes.map { "error: \($0)\n" }.joined()
        code = mistakes.isEmpty ? .ok : .configuration
    }

    /// Writes it out and ends the process.
    public func give() -> Never {
        RawOutput.write(output, to: STDOUT_FILENO)
        RawOutput.write(errors, to: STDERR_FILENO)
        code.exit()
    }
}
