import Linux
import MillraceProtocol

/// Where a service finds its files.
struct ServicePlaces: Equatable {
    /// The folder of a suite without systemd, absolute; nil on an installed system.
    let state: String?
    /// Databases.
    let stateDirectory: String
    /// Sockets.
    let runtimeDirectory: String
    let configurationFile: String
    /// Somebody named that file, so it has to be there.
    let isConfigurationRequired: Bool

    var declarations: DeclarationPlaces { DeclarationPlaces(state: state, stateDirectory: stateDirectory) }

    init(service: String, options: ServiceOptions, environment: [String: String]) {
        func variable(_ name: String) -> String? {
            Environment.text(name) { environment[$0] }
        }
        // systemd gives several directories separated by colons; the first is the service's own.
        func directory(_ name: String) -> String? {
            variable(name)?.split(separator: ":").first.map(String.init)
        }
        state = (options.state ?? variable("MILLRACE_STATE")).map(Files.absolute)
        if let state {
            stateDirectory = "\(state)/data"
            runtimeDirectory = "\(state)/run"
        } else {
            stateDirectory = directory("STATE_DIRECTORY") ?? "/var/lib/millrace"
            runtimeDirectory = directory("RUNTIME_DIRECTORY") ?? "/run/millrace"
        }
        let named = options.configurationFile ?? variable(SettingName.variablePrefix(of: service) + "CONFIG")
        isConfigurationRequired = named != nil
        configurationFile = named.map(Files.absolute) ?? ConfigurationFolder(state: state).settings(of: service)
    }
}
