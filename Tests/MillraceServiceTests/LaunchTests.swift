import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceService

@Suite struct LaunchTests {
    let directory = TemporaryDirectory()

    @Test func optionsAreReadInBothForms() {
        let options = ServiceOptions(
            [
                "--socket", "/run/x", "--state=/srv", "--config", "c", "--workers=5", "--greeting", "--odd",
                "--check-config",
            ],
            flags: ["--workers", "--greeting"])
        #expect(options.mistakes == [])
        #expect(options.socket == "/run/x" && options.state == "/srv" && options.configurationFile == "c")
        #expect(options.settings == ["--workers": "5", "--greeting": "--odd"])
        #expect(options.checksConfiguration && !options.showsHelp && !options.showsVersion)
    }

    @Test func allMistakesOfTheCommandLineAreNamed() {
        let options = ServiceOptions(
            [
                "serve", "--wrokers", "5", "--workers", "--socket", "/a", "--socket", "/b", "--help=x", "--workers=1",
                "--workers=2", "--config",
            ], flags: ["--workers"])
        #expect(
            options.mistakes == [
                "serve: there are only options here, which begin with --",
                "--wrokers: there is no such option, did you mean --workers?",
                "--workers: a value has to follow",
                "--socket: given twice",
                "--help: takes no value",
                "--workers: given twice",
                "--config: a value has to follow",
            ])
    }

    @Test func withAStateFolderEverythingIsBelowIt() {
        for launch in [
            launch(["--state", "/srv/mill"], ["MILLRACE_STATE": "/other", "STATE_DIRECTORY": "/x"]),
            launch([], ["MILLRACE_STATE": "/srv/mill", "RUNTIME_DIRECTORY": "/x"]),
        ] {
            #expect(launch.places.state == "/srv/mill")
            #expect(launch.places.stateDirectory == "/srv/mill/data")
            #expect(launch.places.runtimeDirectory == "/srv/mill/run")
            #expect(launch.places.configurationFile == "/srv/mill/etc/example.conf")
            #expect(!launch.places.isConfigurationRequired)
        }
    }

    @Test func withoutOneThePlacesAreSystemds() {
        let given = launch([], ["STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/a"])
        #expect(given.places.state == nil)
        #expect(given.places.stateDirectory == "/var/lib/a" && given.places.runtimeDirectory == "/run/a")
        let bare = launch([], ["STATE_DIRECTORY": "", "MILLRACE_STATE": ""])
        #expect(bare.places.stateDirectory == "/var/lib/millrace" && bare.places.runtimeDirectory == "/run/millrace")
        #expect(bare.places.configurationFile == "/etc/millrace/example.conf")
    }

    @Test func aNamedFileHasToBeThere() {
        let path = directory.file("none.conf")
        for launch in [launch(["--config", path]), launch([], ["MILLRACE_EXAMPLE_CONFIG": path])] {
            #expect(launch.settings().mistakes == ["open \(path): No such file or directory (ENOENT)"])
        }
        #expect(launch(["--state", directory.path]).settings().mistakes == [])
    }

    @Test func checkConfigPrintsValuesAndSources() throws {
        let path = directory.write("[Pool]\nWorkers=5\nTypo=1\n[Service]\nLogLevel=debug\n", to: "x.conf")
        let answer = try #require(launch(["--config", path, "--drain-sec", "5", "--check-config"]).answer())
        #expect(answer.code == .ok)
        #expect(answer.output.contains(try Regex("\nWorkers=5 +# \(path):2\n")))
        #expect(answer.output.contains(try Regex("\nLogLevel=debug +# \(path):5\n")))
        #expect(answer.output.contains(try Regex("\nDrainSec=5s +# --drain-sec\n")))
        #expect(answer.output.contains(try Regex("\nDepth=64 +# default\n")))
        #expect(answer.errors == "warning: \(path):3: Typo is not known; it is passed over\n")
    }

    @Test func checkConfigNamesAllMistakesAndEndsWith78() throws {
        let path = directory.write("[Pool]\nWorkers=0\n", to: "x.conf")
        let answer = try #require(
            launch(
                ["--config", path, "--nonsense", "--check-config", "--mode", "fast"],
                ["MILLRACE_EXAMPLE_LOG_LEVEL": "loud"]
            ).answer())
        #expect(answer.code == .configuration && answer.code.rawValue == 78)
        #expect(
            answer.errors == """
                error: --nonsense: there is no such option
                error: \(path):2: Workers: "0" is not a whole number from 1 to 20
                error: $MILLRACE_EXAMPLE_LOG_LEVEL: "loud" is not one of trace, debug, info, notice, warning, error, critical
                error: Mode=fast and Strict=yes cannot go together; choose one

                """)
    }

    @Test func checkConfigJudgesDeclarationsToo() throws {
        for name in ["etc", "etc/kinds.d"] { try Files.makeDirectory(directory.file(name), mode: 0o755) }
        directory.write("", to: "etc/kinds.d/odd.yaml")
        let odd = try #require(launch(["--state", directory.path, "--check-config"]).answer())
        #expect(odd.code == .ok && odd.errors == "warning: odd.yaml\n")
        directory.write("", to: "etc/kinds.d/wrong.yaml")
        let wrong = try #require(launch(["--state", directory.path, "--check-config"]).answer())
        #expect(wrong.code == .configuration && wrong.errors == "warning: odd.yaml\nerror: wrong.yaml\n")
    }

    @Test func declarationsAreWhereTheSuiteIsWhereverTheSettingsAre() {
        let places = launch(["--state", "/srv/mill", "--config", "/elsewhere/example.conf"]).places.declarations
        let usual = places.folder(.schedules, setting: "")
        #expect(usual.path == "/srv/mill/etc/schedules.d" && usual.mayBeAbsent)
        let named = places.folder(.schedules, setting: "/own")
        #expect(named.path == "/own" && !named.mayBeAbsent)
        #expect(launch([]).places.declarations.folder(.kinds, setting: "").path == "/etc/millrace/kinds.d")
    }

    @Test func aWorkerTakesNoSettingsAsOptions() {
        let right = ProgramOptions(["--connect", "/run/x", "--state=/srv"])
        #expect(right.mistakes == [] && right.connect == "/run/x" && right.state == "/srv")
        let wrong = ProgramOptions(["--conect", "/run/x", "--workers", "5", "--socket", "/run/y"])
        #expect(
            wrong.mistakes == [
                "--conect: there is no such option, did you mean --connect?", "--workers: there is no such option",
                "--socket: there is no such option",
            ])
    }

    @Test func helpNamesEverySettingInAllItsForms() throws {
        let help = try #require(launch(["--help", "--nonsense"]).answer())
        #expect(help.code == .ok)
        for key in HostedConfiguration<ExampleConfiguration>.keys {
            #expect(help.output.contains("  \(key.flag) \(key.placeholder)\n"))
            #expect(help.output.contains("$\(key.variable(of: "example"))"))
            #expect(help.output.contains(key.summary))
        }
        #expect(help.output.contains("Workers=4; $MILLRACE_EXAMPLE_WORKERS; also $TASK_ORDER_LOG_WORKER_POOL_SIZE"))
        for option in ServiceOptions.reserved { #expect(help.output.contains(option)) }
    }

    @Test func theVersionIsTheSuites() {
        #expect(launch(["--version"]).answer()?.output == "millrace-example \(MillraceVersion.current)\n")
    }

    @Test func withoutSuchOptionsThereIsNothingToPrint() {
        #expect(launch(["--workers", "3"]).answer() == nil)
    }

    private func launch(_ arguments: [String], _ environment: [String: String] = [:]) -> ServiceLaunch<ExampleService> {
        ServiceLaunch(arguments: arguments, environment: environment)
    }
}
