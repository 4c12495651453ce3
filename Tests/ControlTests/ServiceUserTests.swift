import Glibc
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Control

/// As whom services run, and with whose rights they are asked.
struct ServiceUserTests {
    @Test func theUserOfAServiceIsThatOfItsUnit() {
        let told = """
            User=root
            Group=
            Id=millrace-runner.service
            LoadState=loaded

            User=
            Group=
            Id=millrace-metrics.service
            LoadState=loaded

            User=ledger
            Group=books
            Id=millrace-scheduler.service
            LoadState=loaded

            User=
            Group=
            Id=millrace-preloader.service
            LoadState=not-found
            """
        let users = ServiceUser.from(UnitProperties.all(in: told))
        #expect(
            users == [
                "runner": ServiceUser(name: "root"), "metrics": ServiceUser(name: "root"),
                "scheduler": ServiceUser(name: "ledger", group: "books"), "preloader": .packaged,
                "categorizer": .packaged,
            ])
    }

    @Test func ourOwnRightsNeedNoChange() {
        #expect(ServiceUser(name: "root").words == [])
        #expect(ServiceUser(name: "no-such-user-here").words == [])
    }

    /// A kind may have a `user:` that root could become and the runner cannot.
    @Test(.enabled(if: geteuid() == 0, "root alone can become somebody else"))
    func programsAreAskedWithTheRightsOfTheirUser() async throws {
        let folder = TemporaryDirectory()
        chmod(folder.path, 0o755)
        for name in SettingsAnswer.programs {
            chmod(folder.write("#!/bin/sh\necho $(id -un):$(id -G)\n", to: "millrace-\(name)"), 0o755)
        }
        let nobody = try #require(SystemUser.named("nobody"))
        let users = ["runner": ServiceUser(name: "nobody"), "metrics": ServiceUser(name: "root")]
        let answers = await SettingsAnswer.all(at: .system, in: folder.path, as: users)
        let said = Dictionary(uniqueKeysWithValues: answers.map { ($0.service, $0.text) })
        #expect(said["runner"] == "nobody:\(nobody.group)\n")
        // It is the runner that starts it.
        #expect(said["backoffice"] == said["runner"])
        #expect(said["metrics"]?.hasPrefix("root:") == true)
        let command = try #require(answers.first { $0.service == "runner" }).command
        #expect(command.hasSuffix(" \(folder.path)/millrace-runner --check-config"))
        #expect(command.hasPrefix("setpriv --reuid=nobody "))
    }
}
