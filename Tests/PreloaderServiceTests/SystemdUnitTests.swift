import Testing

@testable import PreloaderService

struct SystemdUnitTests {
    @Test(
        "The unit of a process is the innermost service or scope of its control group",
        arguments: [
            ("0::/system.slice/millrace-runner.service\n", "millrace-runner.service"),
            ("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.scope\n", "app-editor.scope"),
            ("12:pids:/x\n1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service"),
            ("0::/system.slice/foo.service/payload\n", "foo.service"),
        ])
    func unit(groups: String, unit: String) {
        #expect(SystemdUnit.named(inGroups: groups) == unit)
    }

    @Test(arguments: ["", "0::/\n", "nonsense", "0::/system.slice\n", "0:\n"])
    func aProcessOfNoUnitHasNone(groups: String) {
        #expect(SystemdUnit.named(inGroups: groups) == nil)
    }
}
