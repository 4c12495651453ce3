import BackOffice
import Glibc
import Linux
import MillraceStore

/// Where the books are, and as whom they are opened.
struct BooksPlace {
    let path: String
    /// Where the company's records are, and the file of settings that says so. Briefs and clinics are in ``path`` anyway.
    let setting: (system: BooksSystem, file: String)

    /// By the rule of the services: `MILLRACE_BOOKS` here decides, then where the suite had them when it was started.
    init(_ place: Place, environment: (String) -> String? = { Environment[$0] }) {
        path = SQLiteBooks.defaultPath { name in
            guard case .state(let state) = place else { return name == "MILLRACE_STATE" ? nil : environment(name) }
            switch name {
            case "MILLRACE_STATE": return state.path
            case Self.variable: return environment(name).flatMap { $0.isEmpty ? nil : $0 } ?? Self.noted(state)
            default: return environment(name)
            }
        }
        setting = BooksSetting.read(at: place, environment)
    }

    private static let variable = "MILLRACE_BOOKS"

    /// Writes down where a suite that is started now has its books, for those who are called without its variables.
    ///
    /// - Parameter environment: the variables that its services get.
    static func note(_ state: StateDirectory, environment: [String: String]) throws(SystemError) {
        if let path = environment[variable], !path.isEmpty {
            try Files.write(state.booksNote, Files.absolute(path) + "\n", mode: 0o600)
        } else if Files.exists(state.booksNote) {
            try Files.remove(state.booksNote)
        }
        try BooksSetting.note(state, environment: environment)
    }

    private static func noted(_ state: StateDirectory) -> String? {
        guard let text = try? Files.readText(state.booksNote, limit: 8192), text.hasSuffix("\n") else { return nil }
        return String(text.dropLast())
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
