import Linux
import MillraceProtocol

/// The settings of a program that is no service, a worker for instance: the same table, file and variables, without a
/// command line.
///
/// Nothing stops the start here: what to do about a mistake is the program's to say.
public struct ProgramSettings<Configuration: ServiceConfiguration>: Sendable {
    public let values: Configuration
    /// Passed over or mended; each with its place.
    public let warnings: [String]
    /// All that is wrong; each with its place and what would be right.
    public let mistakes: [String]
    /// Each setting in effect, and where it came from.
    public let listing: String

    /// - Parameters:
    ///   - name: `"backoffice"`: its variables begin with `MILLRACE_BACKOFFICE_`.
    ///   - path: its file, which need not be there.
    public init(_ name: String, path: String, environment: [String: String]) {
        let settings = Settings(
            Configuration(), keys: Configuration.keys, service: name, flags: [:], environment: environment,
            file: IniFile(path: path, isRequired: false))
        values = settings.values
        listing = settings.listing
        warnings = settings.warnings
        // One that could not be read has its default, which says nothing of the others.
        let problems = settings.values.problems()
        mistakes = settings.mistakes + problems
    }

    /// The variable that names another file of settings: `MILLRACE_BACKOFFICE_CONFIG`.
    public static func fileVariable(of name: String) -> String { SettingName.variablePrefix(of: name) + "CONFIG" }

    /// The file of settings, by the rule of the services: what ``fileVariable(of:)`` says, else the one in the suite's folder,
    /// `MILLRACE_STATE`, else that in `/etc/millrace`.
    public static func file(of name: String, _ variable: (String) -> String?) -> String {
        Environment.text(fileVariable(of: name), variable)
            ?? ConfigurationFolder(state: Environment.text("MILLRACE_STATE", variable)).settings(of: name)
    }

    /// What `--help` says of them.
    public static func reference(_ name: String) -> String {
        Settings<Configuration>.reference(
            Configuration.keys, defaults: Configuration(), service: name, asOptions: false)
    }
}
