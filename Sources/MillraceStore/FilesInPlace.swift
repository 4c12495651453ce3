import Glibc

/// The files of an open database as they were found under their names.
///
/// SQLite does not notice when one is moved, removed or replaced while it is open, and writes on where nobody will look.
struct FilesInPlace: Sendable {
    private let known: [(path: String, identity: FileIdentity)]

    /// As far as they are there.
    init(database: String, log: String?) {
        known = [database, log].compactMap { path in
            guard let path, let identity = FileIdentity(path) else { return nil }
            return (path, identity)
        }
    }

    /// The first that is not what was found under its name; it takes a microsecond to look.
    var missing: String? { known.first { FileIdentity($0.path) != $0.identity }?.path }
}

/// Which file a path leads to.
struct FileIdentity: Hashable {
    let device: UInt
    let inode: UInt

    /// Nil when there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }
}
