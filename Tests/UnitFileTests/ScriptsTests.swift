import Glibc
import TestSupport
import Testing

/// `make setup`, with stand-ins for the tools that would change the machine.
struct SetupTests {
    private let folder = TemporaryDirectory()

    /// Runs the script with a `dpkg-query` that knows all packages but these.
    private func setup(missing: [String], asRoot: Bool) async throws -> Finished {
        mkdir(folder.file("bin"), 0o755)
        func tool(_ name: String, _ body: String) {
            chmod(folder.write("#!/bin/sh\n\(body)\n", to: "bin/\(name)"), 0o755)
        }
        let absent = missing.isEmpty ? "-" : missing.joined(separator: "|")
        tool("dpkg-query", "for last; do :; done; case $last in \(absent)) exit 1 ;; esac; printf installed")
        tool("id", "echo \(asRoot ? 0 : 1000)")
        tool("apt-get", "echo \"$@\" >>\(folder.file("apt"))")
        return try await run(
            ["sh", packageRoot + "/Scripts/setup"], environment: ["PATH": folder.file("bin") + ":/usr/bin:/bin"])
    }

    @Test func whereNothingIsMissingNothingIsSaidOrDone() async throws {
        let finished = try await setup(missing: [], asRoot: false)
        #expect(finished.succeeded)
        #expect(finished.output + finished.errors == "")
        #expect(text(of: folder.file("apt")) == nil)
    }

    @Test func withoutRootTheExactLineIsPrintedAndNothingDone() async throws {
        let finished = try await setup(missing: ["strace", "libsqlite3-dev"], asRoot: false)
        #expect(finished.status == 69)
        #expect(finished.errors.contains("apt-get install --yes --no-install-recommends libsqlite3-dev strace\n"))
        #expect(text(of: folder.file("apt")) == nil)
    }

    @Test func rootInstallsWhatIsMissingAndNoMore() async throws {
        let finished = try await setup(missing: ["strace"], asRoot: true)
        #expect(finished.succeeded, "\(finished)")
        #expect(text(of: folder.file("apt")) == "update -q\ninstall --yes -q --no-install-recommends strace\n")
    }
}

/// What `make check` says of the sources.
struct ImportsTests {
    @Test func importsPointDownAndNothingIsLeftForLater() async throws {
        let verdict = try await run(["sh", packageRoot + "/Scripts/check-imports"])
        #expect(verdict.succeeded, "\(verdict)")
    }

    @Test(arguments: [
        ("import MillraceRPC", "may not import MillraceRPC"), ("import Foundation", "may not import Foundation"),
        ("@testable import RunnerService", "may not import RunnerService"),
        ("let text = String(format: \"%d\", 1)", "String(format:"), ("let lock = Mutex(0)", "Mutex("),
        ("// TO" + "DO: later", "later"),
    ])
    func whatIsNotAllowedIsFound(line: String, complaint: String) async throws {
        let folder = TemporaryDirectory()
        let read = ["Scripts", "Sources", "Services", "Documentation"].map { "\(packageRoot)/\($0)" }
        try await check(["cp", "-rL"] + read + [folder.path])
        folder.write(line + "\n", to: "Sources/JSONCodec/Intruder.swift")
        let verdict = try await run(["sh", folder.file("Scripts/check-imports")])
        #expect(verdict.status == 1)
        #expect(verdict.output.contains("Sources/JSONCodec/Intruder.swift:1"), "\(verdict)")
        #expect(verdict.output.contains(complaint), "\(verdict)")
    }
}
