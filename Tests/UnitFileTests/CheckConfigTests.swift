import Linux
import MillraceProtocol
import TestSupport
import Testing

/// What the programs say of settings and declarations before they are started with them.
@Suite(.enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct CheckConfigTests {
    private let folder = TemporaryDirectory()

    private func ask(_ program: String, _ arguments: [String] = []) async throws -> ProgramAnswer {
        try await ProgramAnswer.of(
            [Binary.path(program), "--state", folder.path, "--check-config"] + arguments, within: .seconds(60))
    }

    @Test(arguments: [
        (ConfigurationFolder.Subject.kinds, "millrace-runner"), (.datasets, "millrace-preloader"),
        (.schedules, "millrace-scheduler"), (.alerts, "millrace-metrics"),
    ])
    func aMistakeInADeclarationIsNamedWithItsPlace(
        _ subject: ConfigurationFolder.Subject, _ program: String
    ) async throws {
        let declared = ConfigurationFolder(state: folder.path).declarations(subject)
        try Files.makeDirectory(declared, mode: 0o755)
        #expect(try await ask(program).status == .exited(0))
        try Files.write(declared + "/bad.yaml", "zzzzzz: 1\n")
        let answer = try await ask(program)
        #expect(answer.status == .exited(78))
        #expect(answer.errors.contains("error: \(declared)/bad.yaml:1"), "\(answer.errors)")
        #expect(answer.output.contains("LogLevel="))
    }

    @Test func theWorkerJudgesItsSettingsItsVariablesAndItsOptions() async throws {
        let settings = ConfigurationFolder(state: folder.path).settings(of: "backoffice")
        try Files.makeDirectory(Files.parent(settings), mode: 0o755)
        let right = try await ask("millrace-backoffice")
        #expect(right.status == .exited(0) && right.output.contains("Books=sqlite"))
        try Files.write(settings, "[Books]\nBooks=paper\n")
        let wrong = try await ask("millrace-backoffice", ["--books", "nonsense", "--frobnicate"])
        #expect(wrong.status == .exited(78))
        for mistake in [
            "error: --books: there is no such option", "error: --frobnicate: there is no such option",
            "error: \(settings):2: Books: \"paper\" is not one of sqlite, notion",
        ] {
            #expect(wrong.errors.contains(mistake), "\(wrong.errors)")
        }
    }
}
