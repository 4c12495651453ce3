/// Where the settings and the declarations of a suite are.
public struct ConfigurationFolder: Hashable, Sendable {
    /// What is declared in files of its own.
    public enum Subject: String, CaseIterable, Sendable { case kinds, datasets, schedules, alerts }

    /// `/etc/millrace`, or `etc` in the folder of a suite without systemd.
    public let path: String

    /// - Parameter state: the folder of a suite without systemd; nil on an installed system.
    public init(state: String?) { path = state.map { "\($0)/etc" } ?? "/etc/millrace" }

    /// The settings of a program: `runner.conf`.
    public func settings(of name: String) -> String { "\(path)/\(name).conf" }

    /// The folder of declarations: `kinds.d`.
    public func declarations(_ subject: Subject) -> String { "\(path)/\(subject.rawValue).d" }
}
