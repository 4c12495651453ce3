import Glibc
import Linux
import MillraceProtocol

/// The folder in which a suite without systemd lives: `run` for sockets, `data` for databases, `log`.
struct StateDirectory: Hashable, Sendable {
    /// Absolute, without a slash at the end.
    let path: String

    /// Takes a path as typed. One that exists is resolved; any other is made absolute from `base`.
    init(_ path: String, base: String = Self.workingDirectory) {
        self.path = Self.resolved(path) ?? Self.absolute(path, base: base)
    }

    var run: String { path + "/run" }
    var data: String { path + "/data" }
    var log: String { path + "/log" }
    var configuration: ConfigurationFolder { ConfigurationFolder(state: path) }

    /// Holds the process id of `millctl up`, and its lock for as long as that runs.
    var pidFile: String { run + "/millctl.pid" }
    var logFile: String { log + "/millrace.log" }
    /// Says where the books are and what they are kept in, where variables said so: ``BooksVariables``.
    var booksVariables: String { data + "/books.variables" }

    func socket(of service: String) -> String { "\(run)/\(service).sock" }

    /// Makes the folders that are missing, closed to others.
    func create() throws(SystemError) {
        for folder in [path, run, data, log] { try Files.makeDirectory(folder, mode: 0o750) }
    }

    static func absolute(_ path: String, base: String) -> String {
        let whole = path.hasPrefix("/") ? path : base + "/" + path
        let parts = whole.split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }

    static var workingDirectory: String {
        guard let name = getcwd(nil, 0) else { return "/" }
        defer { free(name) }
        return String(cString: name)
    }

    private static func resolved(_ path: String) -> String? {
        guard let name = realpath(path, nil) else { return nil }
        defer { free(name) }
        return String(cString: name)
    }
}
