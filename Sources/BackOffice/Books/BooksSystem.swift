/// What the company's records are kept in.
public enum BooksSystem: String, CaseIterable, Sendable {
    case sqlite, notion

    /// The file of settings that says so, by the rule of the services: `MILLRACE_BACKOFFICE_CONFIG`, else `etc/backoffice.conf`
    /// in `MILLRACE_STATE`, else `/etc/millrace/backoffice.conf`.
    public static func settingsFile(_ variable: (String) -> String?) -> String {
        if let path = variable(fileVariable) { return path }
        return variable("MILLRACE_STATE").flatMap { $0.isEmpty ? nil : $0 + "/etc/backoffice.conf" }
            ?? "/etc/millrace/backoffice.conf"
    }

    /// Names ``settingsFile(_:)``.
    public static let fileVariable = "MILLRACE_BACKOFFICE_CONFIG"
    /// Stands for the setting `Books`.
    public static let variable = "MILLRACE_BACKOFFICE_BOOKS"
}
