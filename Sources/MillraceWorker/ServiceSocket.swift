/// Where the services of the suite are called.
public enum ServiceSocket {
    /// In the folder that `MILLRACE_STATE` names, else where systemd has it.
    public static func path(of service: String, environment: (String) -> String?) -> String {
        if let state = environment("MILLRACE_STATE"), !state.isEmpty { return "\(state)/run/\(service).sock" }
        return "/run/millrace/\(service).sock"
    }
}
