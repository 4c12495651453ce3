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

    struct Step: Sendable, Hashable {
        /// What is replaced.
        var target: String
        /// The copy that takes its place.
        var copy: String
        /// The folder for what was there.
        var kept: String
    }

    var steps: [Step]

    /// Copies each file to beside its target, and writes the journal.
    ///
    /// - Parameter name: of the folder beside each target into which goes what was there, with its log.
    /// - Throws: ``StoreError``: `full` …; nothing was changed then.
    public static func prepare(
        _ files: [(file: DatabaseFile, target: DatabaseFile)], keepingIn name: String
    ) throws(StoreError) -> Replacement {
        // Taking this one back would take that one's journal.
        for (_, target) in files { try refuseUnfinished(besides: target.path) }
        let replacement = Replacement(
            steps: files.map { _, target in
                Step(
                    target: target.path, copy: target.path + ".restored",
                    kept: "\(Files.parent(target.path))/\(name)")
            })
        do throws(StoreError) {
            for (file, step) in zip(files.map(\.file), replacement.steps) {
                try file.prepare(step.copy, inPlaceOf: step.target)
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
    /// - Throws: ``StoreError``: `corrupt` where the journal does not read …
    public static func unfinished(in folders: [String]) throws(StoreError) -> Replacement? {
        for path in folders.map({ "\($0)/\(journalName)" }) where Files.exists(path) {
            let bytes: [UInt8]
            do {
                bytes = try Files.read(path, limit: 1 << 20)
            } catch {
                throw StoreError(error)
            }
            do {
                return try JSON.decode(Replacement.self, from: bytes)
            } catch {
                throw StoreError(.corrupt, "\(path): \(error)")
            }
        }
        return nil
    }

    /// Puts all copies into their places that are not there yet, and removes the journal. Nobody may have one of the files open.
    ///
    /// - Returns: the folders with what was there; none where nothing was.
    /// - Throws: ``StoreError``; the journal stays then.
    @discardableResult
    public func finish() throws(StoreError) -> [String] {
        for step in steps { try Self.put(step) }
        try removeJournals()
        return keptFolders.filter { folder in
            rmdir(folder)
            return Files.exists(folder)
        }
    }

    static func put(_ step: Step) throws(StoreError) {
        guard Files.exists(step.copy) else { return }
        // The logs first: without one the old file is of a moment before, with another's it would be none at all.
        for ending in ["-journal", "-wal", ""] where Files.exists(step.target + ending) {
            try DatabaseFile.rename(step.target + ending, to: "\(step.kept)/\(Files.name(step.target))\(ending)")
        }
        unlink(step.target + "-shm")
        try DatabaseFile.rename(step.copy, to: step.target)
    }

    /// - Throws: `unfinishedRestore` where there is a journal; it takes a microsecond to look.
    static func refuseUnfinished(besides path: String) throws(StoreError) {
        let journal = "\(Files.parent(path))/\(journalName)"
        guard access(journal, F_OK) == 0 else { return }
        throw StoreError(
            .unfinishedRestore,
            "\(path) is not used: a restore was broken off, so the databases beside it may be of different moments; "
                + "`millctl restore` finishes it (\(journal))")
    }

    /// Each folder once, the first database's first.
    private var folders: [String] { Self.unique(steps.map { Files.parent($0.target) }) }

    private var keptFolders: [String] { Self.unique(steps.map(\.kept)) }

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
        for step in steps { unlink(step.copy) }
        for folder in keptFolders { rmdir(folder) }
    }
}

extension Replacement: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var steps: [Step]?
        try json.object { key, json throws(JSONError) in
            if key == "steps" { steps = try json.value() } else { try json.skip() }
        }
        self.init(steps: try json.require(steps, "steps"))
    }

    public func encode(to json: inout JSONWriter) { json.object { $0.member("steps", steps) } }
}

extension Replacement.Step: JSONCodable {
    init(from json: inout JSONReader) throws(JSONError) {
        var target: String?, copy: String?, kept: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "target": target = try json.string()
            case "copy": copy = try json.string()
            case "kept": kept = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            target: try json.require(target, "target"), copy: try json.require(copy, "copy"),
            kept: try json.require(kept, "kept"))
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("target", target)
            $0.member("copy", copy)
            $0.member("kept", kept)
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
