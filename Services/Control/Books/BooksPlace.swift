import BackOffice
import Glibc
import Linux
import MillraceStore

/// Where the books are, and as whom they are opened.
struct BooksPlace {
    let path: String

    init(_ place: Place, environment: (String) -> String? = { Environment[$0] }) {
        path = SQLiteBooks.defaultPath { name in
            if name == "MILLRACE_STATE" {
                if case .state(let state) = place { return state.path }
                return nil
            }
            return environment(name)
        }
    }

    /// Opens the books, making the file in its folder if need be.
    ///
    /// Root becomes the folder's owner first, for the rest of this process: a file of root's there would shut the
    /// services out. So files that only root may read or write are opened before.
    func open(_ place: Place) throws(Failure) -> SQLiteBooks {
        let folder = Files.parent(path)
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(
                .noInput,
                "no folder \(folder) for the books: `\(place.startCommand)` makes it, or MILLRACE_BOOKS names another")
        }
        try Self.become(owner: status.st_uid, group: status.st_gid)
        do {
            return try SQLiteBooks(path: path)
        } catch {
            throw Failure(books: error, path)
        }
    }

    private static func become(owner: uid_t, group: gid_t) throws(Failure) {
        guard geteuid() == 0, owner != 0 else { return }
        guard setgroups(0, nil) == 0, setegid(group) == 0, seteuid(owner) == 0 else {
            throw Failure(SystemError(number: errno, call: "become user \(owner), the owner of the books"))
        }
        umask(0o027)
    }
}

extension Failure {
    /// What went wrong with the books at `path`.
    init(books error: any Error, _ path: String) { self.init(store: error, "books \(path)") }
}
