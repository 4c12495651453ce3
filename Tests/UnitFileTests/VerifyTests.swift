import Glibc
import TestSupport
import Testing

private let canVerify = access("/usr/bin/systemd-analyze", X_OK) == 0

/// The judgement of systemd itself, on the units as they are installed.
@Suite(.enabled(if: canVerify, "systemd-analyze is not installed"))
struct VerifyTests {
    /// A copy of what the check reads, to make mistakes in.
    private func copy() async throws -> TemporaryDirectory {
        let folder = TemporaryDirectory()
        try await check(["cp", "-rL", packageRoot + "/Units", packageRoot + "/Scripts", folder.path])
        return folder
    }

    @Test func systemdFindsNoFault() async throws {
        let verdict = try await run(["sh", packageRoot + "/Scripts/check-units"])
        #expect(verdict.succeeded, "\(verdict)")
    }

    @Test(arguments: [
        ("millrace-.service.d/10-common.conf", "s/^WatchdogSec=.*/WatchdogSec=soon/", "Failed to parse sec value"),
        ("millrace-.service.d/10-common.conf", "s/^ProtectClock=/ProtectClok=/", "Unknown key"),
        ("millrace-.service.d/10-common.conf", "s/^User=.*/User=somebody/", "no somebody"),
        ("millrace-runner.service", "s/^ExecStart=.*/ExecStart=\\/usr\\/bin\\/millrace-walker/", "not executable"),
        ("millrace-runner.socket", "s/^SocketMode=.*/SocketMode=rw/", "Failed to parse"),
    ])
    func aMistakeIsFound(file: String, edit: String, complaint: String) async throws {
        let folder = try await copy()
        try await check(["sed", "-i", edit, folder.file("Units/" + file)])
        let verdict = try await run(["sh", folder.file("Scripts/check-units")])
        #expect(verdict.status == 1)
        #expect(verdict.output.contains(complaint), "\(verdict)")
    }

    @Test(arguments: UnitFileTests.services) func theServicesAreLittleExposed(unit: String) async throws {
        let folder = try await installed(prefix: "/usr")
        // Sources may be web services; without such ones all are judged alike.
        unlink(folder.file("root/usr/lib/systemd/system/millrace-preloader.service.d/25-network.conf"))
        // In tenths of systemd's scale from 0 to 10.
        let bound = unit == "millrace-runner.service" ? 25 : 10
        let verdict = try await run([
            "systemd-analyze", "security", "--offline=yes", "--no-pager", "--root=" + folder.file("root"),
            "--threshold=\(bound)", unit,
        ])
        #expect(verdict.succeeded, "\(verdict)")
    }

    @Test(arguments: ["/usr", "/usr/local"]) func everyUnitIsInstalledAndNamesTheInstalledProgram(prefix: String)
        async throws
    {
        let folder = try await installed(prefix: prefix)
        let root = folder.file("root")
        for unit in UnitFile.names(ending: ".service") + UnitFile.names(ending: ".socket") + ["millrace.target"] {
            #expect(text(of: "\(root)\(prefix)/lib/systemd/system/\(unit)") != nil, "\(unit)")
        }
        let service = try #require(text(of: "\(root)\(prefix)/lib/systemd/system/millrace-runner.service"))
        #expect(service.contains("ExecStart=\(prefix)/bin/millrace-runner\n"))
        for program in try executables() {
            #expect(access("\(root)\(prefix)/bin/\(program)", X_OK) == 0, "\(program)")
        }
        #expect(access("\(root)\(prefix)/lib/sysusers.d/millrace.conf", R_OK) == 0)
        #expect(access("\(root)\(prefix)/lib/tmpfiles.d/millrace.conf", R_OK) == 0)
        #expect(text(of: "\(root)\(prefix)/share/bash-completion/completions/millctl") == "words for bash\n")
    }

    /// An installation with stand-ins for the executables.
    private func installed(prefix: String) async throws -> TemporaryDirectory {
        let folder = TemporaryDirectory()
        mkdir(folder.file("bin"), 0o755)
        for name in try executables() {
            chmod(folder.write("#!/bin/sh\necho words for $2\n", to: "bin/" + name), 0o755)
        }
        try await check(
            ["sh", packageRoot + "/Scripts/install", folder.file("bin"), "executables", "units", "shells"],
            environment: ["DESTDIR": folder.file("root"), "PREFIX": prefix])
        return folder
    }

    private func executables() throws -> [String] {
        let list = try #require(text(of: packageRoot + "/Scripts/executables"))
        return list.split(separator: "\n").map(String.init)
    }
}
