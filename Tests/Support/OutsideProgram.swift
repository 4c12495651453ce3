import Glibc

/// A program that need not be installed: where the variable says it is, else where `PATH` has it; nil where it is not.
public func outsideProgram(_ name: String, variable: String) -> String? {
    if let path = environment(variable) { return path }
    for folder in (environment("PATH") ?? "").split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
        return "\(folder)/\(name)"
    }
    return nil
}
