import Glibc
import TestSupport

/// A machine of a test's own: a Linux kernel in a process (user-mode-linux of Debian), with the files of this machine, which it
/// cannot change, and clocks that are nobody else's. It can be set and put to sleep.
final class OwnKernel: Sendable {
    private static let program = "/usr/bin/linux.uml"
    private static let settings = [
        "mem=512M", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", "con=null", "con0=null,fd:1",
    ]

    /// Whether one can be started here: not everywhere may a process be the kernel of others.
    static func isThere() async throws -> Bool {
        guard access(program, X_OK) == 0, access("/usr/bin/python3", X_OK) == 0,
            Binary.exist("libMovedClock.so")
        else { return false }
        // A kernel whose first process ends at once says so.
        let words = [program] + settings + ["panic=-1", "init=/bin/true"]
        let trial = try await run(words, within: .seconds(120))
        return (trial.output + trial.errors).contains("Attempted to kill init")
    }

    private let folder = TemporaryDirectory()
    private let process: RunningProcess

    /// Starts it; its first and only process is this program in Python, which is given `words`.
    init(_ script: String, _ words: String...) throws {
        process = try RunningProcess(
            [Self.program] + Self.settings + [
                "init=/usr/bin/python3", "--", "-u", folder.write(script, to: "guest.py"),
            ]
                + words, environment: ["LD_PRELOAD": Binary.path("libMovedClock.so")])
    }

    /// Waits until it has said a line `@["what", value]`, and returns the value.
    func hear(_ what: String) async throws -> Tree {
        try await process.progress.wait(within: .seconds(300), for: "\(what) from the machine") {
            $0.ending != nil || Self.said($0.outputText, what) != nil
        }
        guard let value = Self.said(process.progress.value.outputText, what) else {
            let progress = process.progress.value
            throw TestFailure(
                "it has ended without \(what): \((progress.outputText + progress.errorText).suffix(6000))")
        }
        return value
    }

    /// Ends a sleep that the machine went into by itself.
    func wake() { process.signal(SIGUSR1) }

    /// Waits until it is off.
    func end() async throws { try await process.wait(within: .seconds(120)) }

    private static func said(_ output: String, _ what: String) -> Tree? {
        for line in output.split(whereSeparator: \.isNewline) where line.hasPrefix("@[") {
            if let pair = try? Tree(String(line.dropFirst())), pair[0].string == what { return pair[1] }
        }
        return nil
    }
}
