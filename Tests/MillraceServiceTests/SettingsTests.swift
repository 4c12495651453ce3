import Linux
import TestSupport
import Testing

@testable import MillraceService

@Suite struct SettingsTests {
    /// Every combination of sources; the first of flag, variable, legacy variable, file that is there wins.
    @Test(arguments: 0..<16)
    func theNearestSourceWins(sources: Int) {
        let settings = Settings.example(
            flags: sources & 8 != 0 ? ["--workers": "8"] : [:],
            environment: [
                "MILLRACE_EXAMPLE_WORKERS": sources & 4 != 0 ? "14" : nil,
                "TASK_ORDER_LOG_WORKER_POOL_SIZE": sources & 2 != 0 ? "12" : nil,
            ].compactMapValues { $0 },
            file: sources & 1 != 0 ? "[Pool]\nWorkers=11\n" : nil)
        let expected: (Int, SettingSource) =
            switch sources {
            case 8...: (8, .flag("--workers"))
            case 4...: (14, .variable("MILLRACE_EXAMPLE_WORKERS"))
            case 2...: (12, .variable("TASK_ORDER_LOG_WORKER_POOL_SIZE"))
            case 1: (11, .file("example.conf", line: 2))
            default: (4, .default)
            }
        #expect(settings.values.workers == expected.0)
        #expect(settings.sources[0] == expected.1)
        #expect(settings.mistakes == [] && settings.warnings == [])
    }

    @Test func everyKindIsReadFromEverySource() {
        let expected = ExampleConfiguration(
            workers: 7, lease: .seconds(90), cache: 3 << 10, isStrict: false, greeting: "good day=fine?",
            mode: .fast, commands: ["a", "b c"])
        let texts = [
            "Workers": "7", "LeaseSec": "1min 30s", "Cache": "3K", "Strict": "off",
            "Greeting": "good day=fine?", "Mode": "fast", "Commands": "a, b c ,",
        ]
        let file = ExampleConfiguration.keys.map { "[\($0.section)]\n \($0.name) = \(texts[$0.name]!) \r\n" }.joined()
        var flags: [String: String] = [:]
        var environment: [String: String] = [:]
        for key in ExampleConfiguration.keys {
            flags[key.flag] = texts[key.name]
            environment[key.variable(of: "example")] = texts[key.name]
        }
        for settings in [
            Settings.example(file: file), .example(flags: flags), .example(environment: environment),
        ] {
            #expect(settings.values == expected)
            #expect(settings.mistakes == [] && settings.warnings == [])
        }
    }

    @Test func allMistakesAreNamedAtOnceWithPlaceAndRemedy() {
        let settings = Settings.example(
            flags: ["--lease-sec": "2h", "--mode": "wild"],
            environment: ["MILLRACE_EXAMPLE_CACHE": "1", "MILLRACE_EXAMPLE_WORKERS": ""],
            file: """
                Early=1
                # comment
                [Pool]
                Workers=0
                nonsense
                Workers=5
                [Rules
                Lost=1
                [Rules]
                ; comment
                Strict=perhaps
                Mode=slow
                """)
        #expect(
            settings.mistakes == [
                "example.conf:1: Early=1 stands before any [Section]",
                "example.conf:5: \"nonsense\" is neither [Section] nor Key=Value nor a # comment",
                "example.conf:6: Workers is given twice, first in line 4; keep one",
                "example.conf:7: \"[Rules\" is not a section; it has to be like [Section]",
                "example.conf:4: Workers: \"0\" is not a whole number from 1 to 20",
                "example.conf:11: Strict: \"perhaps\" is not yes or no (or true, false, on, off, 1, 0)",
                "example.conf:12: Mode: \"slow\" is not one of fast, safe",
                "$MILLRACE_EXAMPLE_WORKERS: \"\" is not a whole number from 1 to 20",
                "--lease-sec: \"2h\" is not a time span from 1s to 1h, such as 90s or 5min",
                "$MILLRACE_EXAMPLE_CACHE: \"1\" is not a size from 1K to 1G, such as 16M",
                "--mode: \"wild\" is not one of fast, safe",
            ])
        #expect(settings.values == ExampleConfiguration())
    }

    @Test func aWrongValueIsAMistakeEvenWhereItIsOverridden() {
        let settings = Settings.example(flags: ["--workers": "5"], file: "[Pool]\nWorkers=many")
        #expect(settings.mistakes == ["example.conf:2: Workers: \"many\" is not a whole number from 1 to 20"])
    }

    @Test func whatIsNotKnownWarnsAndSuggests() {
        let settings = Settings.example(
            environment: [
                "MILLRACE_EXAMPLE_WORKRES": "5", "MILLRACE_EXAMPLE_CONFIG": "x", "MILLRACE_OTHER_WORKERS": "5",
                "MILLRACE_STATE": "x",
            ],
            file: """
                [Pool]
                Wrokers=5
                Strict=no
                leasesec=5
                Xyzzy=5
                [Rule]
                Mode=fast
                """)
        #expect(settings.mistakes == [])
        #expect(
            settings.warnings == [
                "example.conf:2: Wrokers is not known, did you mean Workers?; it is passed over",
                "example.conf:3: Strict is not known, did you mean Strict in [Rules]?; it is passed over",
                "example.conf:4: leasesec is not known, did you mean LeaseSec in [Pool]?; it is passed over",
                "example.conf:5: Xyzzy is not known; it is passed over",
                "example.conf:6: [Rule] is not known, did you mean Rules?; it is passed over",
                "$MILLRACE_EXAMPLE_WORKRES is not known, did you mean MILLRACE_EXAMPLE_WORKERS?; it is passed over",
            ])
        #expect(settings.values == ExampleConfiguration())
    }

    @Test(arguments: [
        ("0", 1, "is held at 1: it has to be a whole number from 1 to 20"),
        ("-3", 1, "is held at 1: it has to be a whole number from 1 to 20"),
        ("21", 20, "is held at 20: it has to be a whole number from 1 to 20"),
        ("many", 4, "is passed over: it has to be a whole number from 1 to 20"),
        ("5.5", 4, "is passed over: it has to be a whole number from 1 to 20"),
        ("", 4, nil), ("  ", 4, nil), (" 20 ", 20, nil), ("1", 1, nil),
    ])
    func theLegacyVariableIsHeldWithinTheBoundsAndSaysSo(text: String, workers: Int, warning: String?) {
        let settings = Settings.example(environment: ["TASK_ORDER_LOG_WORKER_POOL_SIZE": text])
        #expect(settings.values.workers == workers)
        #expect(settings.mistakes == [])
        let trimmed = text.split(separator: " ").joined()
        #expect(settings.warnings == (warning.map { ["$TASK_ORDER_LOG_WORKER_POOL_SIZE: \"\(trimmed)\" \($0)"] } ?? []))
    }

    @Test func aClampedLegacyValueGoesBeforeTheFile() {
        let settings = Settings.example(
            environment: ["TASK_ORDER_LOG_WORKER_POOL_SIZE": "99"], file: "[Pool]\nWorkers=20")
        #expect(settings.values.workers == 20)
        #expect(settings.sources[0] == .variable("TASK_ORDER_LOG_WORKER_POOL_SIZE"))
    }

    @Test func theListingShowsEachValueAndItsSource() {
        let settings = Settings.example(
            flags: ["--mode": "fast"], environment: ["MILLRACE_EXAMPLE_LEASE_SEC": "90"],
            file: "[Pool]\nWorkers=5\n[Rules]\nStrict=no")
        #expect(
            Self.squeezed(settings.listing)
                == """
                [Pool]
                Workers=5 # example.conf:2
                LeaseSec=1min 30s # $MILLRACE_EXAMPLE_LEASE_SEC
                Cache=16M # default

                [Rules]
                Strict=no # example.conf:4
                Greeting=hello # default
                Mode=fast # --mode
                Commands=one # default

                """)
    }

    @Test func theListingCanBeReadAgain() {
        let settings = Settings.example(flags: ["--lease-sec": "2min 3s", "--cache": "1500"])
        let text = settings.listing.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.split(separator: "  # ").first.map(String.init) ?? "" }.joined(separator: "\n")
        let again = Settings.example(file: text)
        #expect(again.values == settings.values)
        #expect(again.mistakes == [] && again.warnings == [])
    }

    @Test(arguments: [
        ("LeaseSec", "LEASE_SEC", "lease-sec"), ("URL", "URL", "url"), ("HTTPPort", "HTTP_PORT", "http-port"),
        ("Workers", "WORKERS", "workers"), ("MaxX", "MAX_X", "max-x"), ("Sha256Sum", "SHA256_SUM", "sha256-sum"),
        ("job-id", "JOB_ID", "job-id"), ("jobId", "JOB_ID", "job-id"),
    ])
    func aNameHasItsThreeForms(name: String, snake: String, kebab: String) {
        #expect(SettingName.snake(name) == snake)
        #expect(SettingName.kebab(name) == kebab)
    }

    @Test func aFileThatIsNotThereIsAMistakeOnlyWhenItWasNamed() {
        let directory = TemporaryDirectory()
        let path = directory.file("none.conf")
        #expect(IniFile(path: path, isRequired: false).mistakes == [])
        #expect(
            IniFile(path: path, isRequired: true).mistakes == ["open \(path): No such file or directory (ENOENT)"])
        directory.write([0x5B, 0xFF], to: "none.conf")
        #expect(IniFile(path: path, isRequired: false).mistakes.count == 1)
    }

    /// Without the columns.
    private static func squeezed(_ listing: String) -> String {
        listing.replacing(#/\ +# /#, with: " # ")
    }
}
