import BackOffice
import Glibc
import Linux
import MillraceStore

/// Where the books are, and as whom they are opened.
struct BooksPlace {
    let path: String
    /// Where the company's records are, and the file of settings that says so. Briefs and clinics are in ``path`` anyway.
    let setting: (system: BooksSystem, file: String)

    /// By the rule of the services, with their variables (``BooksVariables``).
    init(_ place: Place, environment: @escaping (String) -> String? = { Environment[$0] }) {
        let variables = BooksVariables.of(place, environment)
        path = SQLiteBooks.defaultPath(variables)
        setting = BooksSetting.read(variables)
    }

    /// Opens the books for what they hold of `table`; nil for the company's records as a whole.
    ///
    /// Refuses where the suite has its records elsewhere: nobody would see what is done to these.
    func open(_ table: BooksTable?, at place: Place, creates: Bool = false) throws(Failure) -> SQLiteBooks {
        guard setting.system == .sqlite || table?.isAlwaysLocal == true else {
            throw Failure(
                .configuration,
                "the company's records are in Notion, not in \(path): look at them and change them there; `millctl payout` and "
                    + "the jobs use them (Books=\(setting.system.rawValue) by \(setting.file) or \(BooksSystem.variable))"
            )
        }
        return try open(place, creates: creates)
    }

    /// Opens the books.
    ///
    /// - Parameter creates: whether they are made, in their folder, if there are none; see `SQLiteBooks`.
    ///
    /// Root becomes the folder's owner first, for the rest of this process: a file of root's there would shut the
    /// services out. So files that only root may read or write are opened before.
    func open(_ place: Place, creates: Bool = false) throws(Failure) -> SQLiteBooks {
        let folder = Files.parent(path)
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(
                .noInput,
                "no folder \(folder) for the books: `\(place.startCommand)` makes it, or MILLRACE_BOOKS names another")
        }
        try Self.become(owner: status.st_uid, group: status.st_gid)
        do {
            return try SQLiteBooks(path: path, creates: creates)
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
