import Glibc
import JSONCodec
import Linux

/// Databases that are put in the place of others, whose services are stopped: all of them or none, wherever it is broken off.
///
/// First each copy is made beside the file that it is to replace, whole and on disk; nothing that is used is touched. Then a
/// journal is written into each of the folders, and from that moment on no database in them can be opened
/// (``StoreError/Kind/unfinishedRestore``) until all copies are in their places: by ``finish()``, at once or later, which may
/// be broken off and begun again as often as you like.
public struct Replacement: Sendable, Hashable {
    /// The journal's name in the folder of the databases.
    public static let journalName = "restore-unfinished.json"

    /// What is replaced, each by the copy beside it.
    var targets: [String]
    /// Of the folder beside each of them, for what was there.
    var keptName: String

    /// Copies each file to beside its target, and writes the journal.
    ///
    /// - Parameter name: of the folder beside each target into which goes what was there, with its log.
    /// - Throws: ``StoreError``: `full` …; nothing was changed then.
    public static func prepare(
        _ files: [(file: DatabaseFile, target: DatabaseFile)], keepingIn name: String
    ) throws(StoreError) -> Replacement {
        // Taking this one back would take that one's journal.
        for (_, target) in files { try refuseUnfinished(besides: target.path) }
        let replacement = Replacement(targets: files.map(\.target.path), keptName: name)
        do throws(StoreError) {
            for (file, target) in files {
                try file.prepare(copy(of: target.path), inPlaceOf: target.path)
            }
            for folder in replacement.keptFolders { try makeKept(folder) }
            let text = JSON.text(replacement) + "\n"
            for folder in replacement.folders {
                do {
                    try Files.write("\(folder)/\(journalName)", text, mode: 0o600)
                } catch {
                    throw StoreError(error)
                }
            }
        } catch {
            replacement.takeBack()
            throw error
        }
        return replacement
    }

    /// One that was broken off after its journal was written, of databases in these folders.
    ///
    /// The journal is in the hands of the services, and whoever finishes it may be allowed more than they: it says which databases
    /// of these folders are replaced, and nothing else.
    ///
    /// - Throws: ``StoreError``: `corrupt` where the journal does not read, or names what is in none of the folders …
    public static func unfinished(in folders: [String]) throws(StoreError) -> Replacement? {
        for path in folders.map({ "\($0)/\(journalName)" }) where Files.exists(path) {
            let bytes: [UInt8]
            do {
                bytes = try Files.read(path, limit: 1 << 20)
            } catch {
                throw StoreError(error)
            }
            let replacement: Replacement
            do {
                replacement = try JSON.decode(Replacement.self, from: bytes)
            } catch {
                throw StoreError(.corrupt, "\(path): \(error)")
            }
            if let stranger = replacement.targets.first(where: { !isWithin(folders, $0) }) {
                throw StoreError(
                    .corrupt,
                    "\(path): \(stranger) is in none of the folders \(folders.joined(separator: ", ")); if they were moved, move "
                        + "them back to finish the restore")
            }
            guard isName(replacement.keptName) else {
                throw StoreError(.corrupt, "\(path): \(replacement.keptName) is no name of a folder")
            }
            return replacement
        }
        return nil
    }

    private static func isWithin(_ folders: [String], _ path: String) -> Bool {
        folders.contains { Files.parent("\($0)/*") == Files.parent(path) } && isName(Files.name(path))
    }

    private static func isName(_ text: String) -> Bool {
        !["", ".", ".."].contains(text) && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    private static func copy(of target: String) -> String { target + ".restored" }

    /// Puts all copies into their places that are not there yet, and removes the journal. Nobody may have one of the files open.
    ///
    /// - Returns: the folders with what was there; none where nothing was.
    /// - Throws: ``StoreError``; the journal stays then.
    @discardableResult
    public func finish() throws(StoreError) -> [String] {
        for target in targets { try put(target) }
        try removeJournals()
        return keptFolders.filter { folder in
            rmdir(folder)
            return Files.exists(folder)
        }
    }

    func put(_ target: String) throws(StoreError) {
        let (copy, kept) = (Self.copy(of: target), kept(of: target))
        guard Files.exists(copy) else {
            guard Files.exists(target) else {
                throw StoreError(.missing, "neither \(target) nor \(copy) is there; what was is in \(kept)")
            }
            return
        }
        // The logs first: without one the old file is of a moment before, with another's it would be none at all.
        for ending in ["-journal", "-wal", ""] where Files.exists(target + ending) {
            try DatabaseFile.rename(target + ending, to: "\(kept)/\(Files.name(target))\(ending)")
        }
        unlink(target + "-shm")
        try DatabaseFile.rename(copy, to: target)
    }

    private func kept(of target: String) -> String { "\(Files.parent(target))/\(keptName)" }

    /// - Throws: `unfinishedRestore` where there is a journal; it takes a microsecond to look.
    static func refuseUnfinished(besides path: String) throws(StoreError) {
        guard DatabaseFile.isNamed(path) else { return }
        let journal = "\(Files.parent(path))/\(journalName)"
        guard access(journal, F_OK) == 0 else { return }
        throw StoreError(
            .unfinishedRestore,
            "\(path) is not used: a restore was broken off, so the databases beside it may be of different moments; "
                + "`millctl restore` finishes it (\(journal))")
    }

    /// Each folder once, the first database's first.
    private var folders: [String] { Self.unique(targets.map { Files.parent($0) }) }

    private var keptFolders: [String] { Self.unique(targets.map(kept(of:))) }

    private static func unique(_ names: [String]) -> [String] {
        names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
    }

    /// For the owner of the folder that it is in, alone.
    private static func makeKept(_ folder: String) throws(StoreError) {
        var status = stat()
        let parent = Files.parent(folder)
        guard mkdir(folder, 0o700) == 0 else { throw DatabaseFile.failure("mkdir", folder) }
        guard stat(parent, &status) == 0 else { throw DatabaseFile.failure("stat", parent) }
        guard geteuid() != 0 || lchown(folder, status.st_uid, status.st_gid) == 0 else {
            throw DatabaseFile.failure("chown", folder)
        }
        try DatabaseFile.synchronize(parent)
    }

    /// The first one last, whose databases all others need.
    private func removeJournals() throws(StoreError) {
        for folder in folders.reversed() {
            let journal = "\(folder)/\(Self.journalName)"
            guard unlink(journal) == 0 || errno == ENOENT else { throw DatabaseFile.failure("unlink", journal) }
            try DatabaseFile.synchronize(folder)
        }
    }

    /// What cannot be removed is in nobody's way: the next one writes over it.
    private func takeBack() {
        do throws(StoreError) { try removeJournals() } catch { return }
        for target in targets { unlink(Self.copy(of: target)) }
        for folder in keptFolders { rmdir(folder) }
    }
}

extension Replacement: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var targets: [String]?, keptName: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "targets": targets = try json.value()
            case "keptName": keptName = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            targets: try json.require(targets, "targets"), keptName: try json.require(keptName, "keptName"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("targets", targets)
            $0.member("keptName", keptName)
        }
    }
}

extension StoreError {
    /// A system call on a file of a database.
    init(_ error: SystemError) {
        let isFull = error.number == ENOSPC || error.number == EDQUOT
        self.init(isFull ? .full : .ioError(.other), "\(error)")
    }
}
