import Glibc
import KindFiles
import Linux
import Testing

@testable import RunnerService

@Suite struct ProcessLaunchTests {
    @Test func aProcessIsStartedAsItIsDeclared() {
        var process = ProcessDefinition(["/bin/worker", "--fast"])
        process.identity = ProcessIdentity(uid: 65_533, gid: 65_532, name: nil, home: nil)
        process.umask = 0o027
        process.nice = 5
        process.environment = ["A": "b", "HOME": "/declared"]
        process.inheritedEnvironment = ["PATH", "NOT_SET_ANYWHERE"]
        process.limits.memory = 1 << 30
        process.limits.openFiles = 256
        process.limits.cpuTime = .seconds(60)
        let launch = process.launch()
        #expect(launch.arguments == ["/bin/worker", "--fast"] && launch.directory == "/")
        #expect(launch.environment == ["A": "b", "HOME": "/declared", "PATH": Environment["PATH"] ?? ""])
        #expect(launch.user == ChildLaunch.User(id: 65_533, group: 65_532, groups: [65_532]))
        #expect(launch.umask == 0o027 && launch.nice == 5 && launch.endsGroup)
        #expect(
            launch.limits == [
                .init(.addressSpace, 1 << 30), .init(.openFiles, 256), .init(.cpuTime, soft: 60, hard: 61),
            ])
    }

    @Test func nothingIsChangedThatWasNotDeclared() {
        let launch = ProcessDefinition(["/bin/worker"]).launch()
        #expect(launch.user == nil && launch.umask == nil && launch.nice == nil && launch.limits.isEmpty)
    }

    @Test func theCommandsOfTheSettingArePoolsThatBearTheirProgramsNames() {
        let pools = WorkerDefinition.pools(of: ["millrace-backoffice", "/usr/bin/env worker", "", "/opt/env other"])
        #expect(pools.map(\.name) == ["millrace-backoffice", "env", "env-2"])
        #expect(pools.map(\.process.arguments).last == ["/opt/env", "other"])
        #expect(pools[0].process.inheritedEnvironment.contains("PATH"))
        #expect(!pools[0].process.inheritedEnvironment.contains("NOTIFY_SOCKET"))
    }
}
