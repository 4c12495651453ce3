import Linux
import MillraceProtocol

/// How a service was started: its command line and environment, and what follows from them.
struct ServiceLaunch<S: Service>: Sendable {
    typealias Configuration = HostedConfiguration<S.Configuration>

    let options: ServiceOptions
    let environment: [String: String]
    let places: ServicePlaces

    init(arguments: [String], environment: [String: String]) {
        options = ServiceOptions(arguments, flags: Configuration.keys.map(\.flag))
        self.environment = environment
        places = ServicePlaces(service: S.name, options: options, environment: environment)
    }

    static var executable: String { "millrace-\(S.name)" }

    /// Reads all sources, the file as it is now; mistakes of the command line are among the others.
    func settings() -> Settings<Configuration> {
        let file = IniFile(path: places.configurationFile, isRequired: places.isConfigurationRequired)
        var settings = Settings(
            Configuration(), keys: Configuration.keys, service: S.name, flags: options.settings,
            environment: environment, file: file)
        settings.mistakes = options.mistakes + settings.mistakes
        settings.mistakes += settings.values.host.problems() + settings.values.service.problems()
        return settings
    }

    /// What `--help`, `--version` and `--check-config` print; nil when the service is to serve.
    func answer() -> LaunchAnswer? {
        if options.showsHelp { return LaunchAnswer(output: Self.help) }
        if options.showsVersion { return LaunchAnswer(output: "\(Self.executable) \(MillraceVersion.current)\n") }
        guard options.checksConfiguration else { return nil }
        let settings = settings()
        let declared = S.judgeDeclarations(settings.values.service, at: places.declarations)
        return LaunchAnswer(
            listing: settings.listing, mistakes: settings.mistakes + declared.mistakes,
            warnings: settings.warnings + declared.warnings)
    }

    static var help: String {
        """
        \(executable): \(S.summary)

        Usage: \(executable) [OPTION VALUE]…

          --socket PATH     Listen here. Without it: the sockets that systemd hands over, else \(S.name).sock
                            in $RUNTIME_DIRECTORY or /run/millrace.
          --state DIR       Keep everything below DIR: run/, data/ and etc/\(S.name).conf. Also $MILLRACE_STATE.
                            Without it: $STATE_DIRECTORY, else /var/lib/millrace.
          --config FILE     Read settings from FILE, not from /etc/millrace/\(S.name).conf.
                            Also $\(SettingName.variablePrefix(of: S.name))CONFIG.
          --check-config    Print each setting in effect and where it came from, and what is wrong with them and with
                            the declarations, then exit: 0, or 78 for mistakes.
          --version         Print the version and exit.
          --help            Print this and exit.

        Settings: on the command line, else in the environment, else in the file, else the default shown.

        \(Settings<Configuration>.reference(Configuration.keys, defaults: Configuration(), service: S.name))
        """
    }
}
