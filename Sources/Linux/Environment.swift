import CLinux
import Glibc

/// The process's environment.
///
/// Changing it is for the time before threads start, and for tests: `getenv` of another thread may be under way.
public enum Environment {
    /// Nil when the variable is not set; an empty one is "".
    public static subscript(name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// What a variable says; an empty one says nothing.
    ///
    /// - Parameter variable: where it is looked up.
    public static func text(_ name: String, _ variable: (String) -> String? = { Environment[$0] }) -> String? {
        variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    public static var all: [String: String] {
        var variables: [String: String] = [:]
        guard var next = millrace_environment() else { return variables }
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    public static func set(_ name: String, _ value: String?) {
        if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }
}
