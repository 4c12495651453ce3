public import MillraceProtocol

/// Where a service finds what it reads beside its settings.
public struct DeclarationPlaces: Sendable {
    public let configuration: ConfigurationFolder
    /// Databases, and files that declarations name without a leading slash.
    public let stateDirectory: String

    init(state: String?, stateDirectory: String) {
        configuration = ConfigurationFolder(state: state)
        self.stateDirectory = stateDirectory
    }

    /// The folder of declarations.
    ///
    /// - Parameter setting: the folder that the settings name; empty for the usual one, which need not be there.
    public func folder(
        _ subject: ConfigurationFolder.Subject, setting: String
    ) -> (path: String, mayBeAbsent: Bool) {
        setting.isEmpty ? (configuration.declarations(subject), true) : (setting, false)
    }
}

extension HostContext {
    public var declarations: DeclarationPlaces {
        DeclarationPlaces(state: state, stateDirectory: stateDirectory)
    }
}

/// What is to be said of files that a service reads, each with its place.
public typealias DeclarationVerdict = (mistakes: [String], warnings: [String])
