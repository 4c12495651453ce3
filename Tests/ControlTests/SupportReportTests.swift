import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Control

struct SupportReportTests {
    @Test func eachServiceIsAskedForItsSettingsOnce() async throws {
        let folder = TemporaryDirectory()
        for name in SettingsAnswer.programs {
            let program = """
                #!/bin/sh
                echo "$*" >> "\(folder.file("asked"))"
                echo "Workers=7 # of the file"
                """
            chmod(folder.write(program, to: "millrace-\(name)"), 0o755)
        }
        let report = await SupportReport.taken(
            at: .state(StateDirectory(folder.path)), now: SystemTime().wall(), programs: folder.path)
        let asked = (text(of: folder.file("asked")) ?? "").split(separator: "\n")
        #expect(asked.count == KnownService.all.count + 1, "\(asked)")
        #expect(asked.allSatisfy { $0.hasSuffix("--check-config") }, "\(asked)")

        let told = try Tree(JSON.text(report))
        for name in SettingsAnswer.programs {
            #expect(told["settings"][name]["Workers"].string == "7", "\(told["settings"])")
            let found = told["findings"].elements.filter { $0["subject"].string == "settings of \(name)" }
            #expect(found.map { $0["verdict"].string } == ["ok"], "\(told["findings"])")
        }
    }

    @Test func settingsThatAreWrongOrWithoutAnAnswerAreFound() async throws {
        func answer(_ answer: Result<ProgramAnswer, any Error>) -> SettingsAnswer {
            SettingsAnswer(service: "runner", command: "millrace-runner --check-config", answer: answer)
        }
        let error = await #expect(throws: ProgramAnswer.Late.self) {
            try await ProgramAnswer.of(["sleep", "1000"], within: .milliseconds(10))
        }
        let late = answer(.failure(try #require(error)))
        #expect(late.finding.verdict == .warn && late.text.isEmpty)
        #expect(late.finding.says.hasPrefix("were not judged: sleep did not end within "))
        let refusal = ["sh", "-c", "echo a >&2; echo b >&2; exit 78"]
        let wrong = answer(.success(try await ProgramAnswer.of(refusal, within: .seconds(20))))
        #expect(wrong.finding.verdict == .fail && wrong.finding.says == "a; b")
        #expect(wrong.finding.advice == "millrace-runner --check-config")
        let told = [
            "sh", "-c",
            "echo Workers=7; echo 'warning: odd' >&2; echo 'error: one' >&2; echo 'error: two' >&2; exit 78",
        ]
        let mistakes = answer(.success(try await ProgramAnswer.of(told, within: .seconds(20))))
        #expect(mistakes.finding.verdict == .fail && mistakes.finding.says == "one; two")
    }
}
