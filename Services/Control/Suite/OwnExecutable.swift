import Glibc
import Linux

/// This program's own executable.
enum OwnExecutable {
    static var path: String {
        guard let name = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(name) }
        return String(cString: name)
    }

    static var folder: String { Files.parent(path) }
}
