import Glibc
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
