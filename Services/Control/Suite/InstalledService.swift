import Glibc
import Linux
import MillraceProtocol

/// A service whose executable stands beside millctl.
struct InstalledService: Sendable {
    var service: KnownService
    var executable: String

    /// What is installed in `folder`, in the order of the table.
    static func all(in folder: String) -> [InstalledService] {
        KnownService.all.compactMap { service in
            let path = "\(folder)/\(service.executable)"
            return access(path, X_OK) == 0 ? InstalledService(service: service, executable: path) : nil
        }
    }
}

/// This program's own executable.
enum OwnExecutable {
    static var path: String {
        guard let name = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(name) }
        return String(cString: name)
    }

    static var folder: String { Files.parent(path) }
}
