import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// A folder with copies of the databases of a suite, all of one moment, and `backup.json`, which says what they are.
struct Backup: Sendable {
    struct Entry: Sendable, Hashable {
        var name: String
        var schema: Int
        var bytes: Int64
        /// Of the file, in hexadecimal; nil in backups of before that was noted.
        var sha256: String?
    }

    /// Written last into a folder that gets its name after that: a folder with it is whole.
    struct Manifest: Sendable, Hashable {
        var version: String
        var takenAt: Timestamp
        var databases: [Entry]
        /// Databases of the suite that were not there.
        var absent: [String] = []
    }

    let folder: String
    let manifest: Manifest

    private static let manifestName = "backup.json"

    /// Takes a backup into a new folder.
    static func take(at place: Place, into folder: String, now: Timestamp) throws -> Backup {
        // Without the slash that a shell may put at the end: the name is needed.
        let folder = StateDirectory.absolute(folder, base: StateDirectory.workingDirectory)
        guard !Files.exists(folder) else {
            throw Failure(.cannotCreate, "\(folder) is there already: name a new folder, which the backup makes")
        }
        // A backup without it would take the place of one that has it.
        if let (_, file) = SuiteDatabase.lost(at: place).first {
            throw Failure(
                .ioError,
                "\(SuiteDatabase.lossText(of: file)): bring it back first (`millctl restore`), or remove \(file.path).lock "
                    + "if there is to be a new one")
        }
        let present = SuiteDatabase.present(at: place)
        guard !present.isEmpty else {
            throw Failure(.noInput, "no database in \(place.dataFolder): nothing to back up")
        }
        try Files.makeDirectory(Files.parent(folder), mode: 0o700)
        let partial = try makeDirectory("\(folder).partial-")
        do {
            try DatabaseFile.copy(present.map { ($0.file, "\(partial)/\($0.database.fileName)") })
            let entries = try present.map { database, _ in
                let path = "\(partial)/\(database.fileName)"
                return Entry(
                    name: database.name, schema: try DatabaseFile(path).version(), bytes: try Files.size(path),
                    sha256: try FileDigest.sha256(of: path))
            }
            let names = Set(entries.map(\.name))
            let manifest = Manifest(
                version: MillraceVersion.current, takenAt: now, databases: entries,
                absent: SuiteDatabase.all.map(\.name).filter { !names.contains($0) })
            try Files.write("\(partial)/\(manifestName)", JSON.text(manifest) + "\n", mode: 0o600)
            try Files.synchronize("\(partial)/\(manifestName)")
            try Files.synchronize(partial)
            try Files.rename(partial, to: folder)
            try Files.synchronize(Files.parent(folder))
            return Backup(folder: folder, manifest: manifest)
        } catch {
            try? Files.removeTree(partial)
            throw Failure(store: error, "backup into \(folder)")
        }
    }

    /// A new one, whose name begins so; for nobody else.
    private static func makeDirectory(_ prefix: String) throws(SystemError) -> String {
        var name = Array((prefix + "XXXXXX").utf8CString)
        let made = name.withUnsafeMutableBufferPointer {
            $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw SystemError(errno: "mkdtemp \(prefix)XXXXXX") }
        return made
    }

    /// Opens a folder that ``take(at:into:now:)`` made.
    init(_ folder: String) throws(Failure) {
        self.folder = folder
        let path = "\(folder)/\(Self.manifestName)"
        guard Files.exists(path) else {
            throw Failure(.noInput, "\(folder) is no backup: it has no \(Self.manifestName)")
        }
        do {
            manifest = try JSON.decode(Manifest.self, from: try Files.read(path, limit: 1 << 20))
        } catch {
            throw Failure(.dataError, "\(path): \(error)")
        }
    }

    private init(folder: String, manifest: Manifest) {
        self.folder = folder
        self.manifest = manifest
    }

    func file(of entry: Entry) -> DatabaseFile { DatabaseFile("\(folder)/\(entry.name).sqlite") }

    /// Whether it says what its files have to be; those of before that was noted are judged by themselves alone.
    var isSealed: Bool { manifest.databases.allSatisfy { $0.sha256 != nil } }

    /// What keeps it from being restored by this release; empty when nothing does. Reads all of it.
    func problems() -> [String] {
        manifest.databases.flatMap { entry -> [String] in
            guard let database = SuiteDatabase.all.first(where: { $0.name == entry.name }) else {
                return ["\(entry.name): this release knows no such database"]
            }
            return verdict(on: entry, database).problems.map { "\(entry.name): \($0)" }
        }
    }

    /// What was found in its files, whole.
    func verdicts() -> [DatabaseVerdict] {
        manifest.databases.map { entry in
            verdict(on: entry, SuiteDatabase.all.first { $0.name == entry.name } ?? SuiteDatabase(entry.name))
        }
    }

    private func verdict(on entry: Entry, _ database: SuiteDatabase) -> DatabaseVerdict {
        let file = file(of: entry)
        var verdict = DatabaseVerdict(database, file, isDeep: true)
        do throws(SystemError) {
            let bytes = try Files.size(file.path)
            if bytes != entry.bytes {
                verdict.problems.append("has \(bytes) bytes, in the backup it had \(entry.bytes)")
            } else if let sha256 = entry.sha256, try FileDigest.sha256(of: file.path) != sha256 {
                verdict.problems.append("is not the file that was backed up: its SHA-256 is another")
            }
        } catch {
            // That one is not there was found before.
            if verdict.problems.isEmpty { verdict.problems.append("\(error)") }
        }
        return verdict
    }

    /// Puts its databases in place of those of a suite that does not run: all of them or none. One that was broken off is
    /// finished before.
    func restore(at place: Place, now: Timestamp) throws(Failure) -> Restoration {
        let pairs = manifest.databases.compactMap { entry in
            SuiteDatabase.all.first { $0.name == entry.name }.map { (file(of: entry), $0.file(at: place)) }
        }
        let hold = try Hold(at: place)
        defer { withExtendedLifetime(hold) {} }
        let earlier = try Restoration.finish(at: place, hold)
        let replacement: Replacement
        do {
            replacement = try Replacement.prepare(pairs, keepingIn: "before-restore-\(now.milliseconds)")
        } catch {
            throw Failure(store: error, "restore from \(folder), nothing was changed")
        }
        return Restoration(
            manifest: manifest, finished: earlier != nil,
            kept: (earlier?.kept ?? []) + (try Restoration.finish(replacement, at: place)))
    }
}

/// What became of a suite that was restored.
struct Restoration: Sendable {
    /// Of the backup that is in place now; nil where only an earlier one was finished.
    var manifest: Backup.Manifest?
    /// Whether one that was broken off was finished.
    var finished = false
    /// The folders with what was there before.
    var kept: [String]

    /// Finishes one that was broken off; nil where there is none.
    static func finish(at place: Place) throws(Failure) -> Restoration? {
        guard try unfinished(at: place) != nil else { return nil }
        return try finish(at: place, try Hold(at: place))
    }

    fileprivate static func finish(at place: Place, _ hold: Hold) throws(Failure) -> Restoration? {
        defer { withExtendedLifetime(hold) {} }
        guard let replacement = try unfinished(at: place) else { return nil }
        return Restoration(finished: true, kept: try finish(replacement, at: place))
    }

    private static func unfinished(at place: Place) throws(Failure) -> Replacement? {
        do {
            return try Replacement.unfinished(in: SuiteDatabase.folders(at: place))
        } catch {
            throw Failure(store: error, "restore that was broken off")
        }
    }

    fileprivate static func finish(_ replacement: Replacement, at place: Place) throws(Failure) -> [String] {
        do {
            return try replacement.finish()
        } catch {
            throw Failure(
                store: error,
                "the restore is not finished, and until it is the suite does not start: "
                    + "`millctl restore\(place.option)` goes on with it")
        }
    }
}

/// Keeps the suite from starting while its databases are changed from outside; refuses while it runs.
struct Hold {
    private let state: StateLock?
    private let databases: [any Sendable]

    init(at place: Place) throws(Failure) {
        do {
            var lock: StateLock?
            if case .state(let state) = place {
                try state.create()
                lock = try StateLock.take(state.pidFile)
                guard lock != nil else { throw Self.running(place, "the suite runs") }
            }
            state = lock
            var databases: [any Sendable] = []
            for database in SuiteDatabase.all where database.isOwned {
                databases.append(try database.file(at: place).own())
            }
            self.databases = databases
        } catch let failure as Failure {
            throw failure
        } catch let error as StoreError {
            throw Self.running(place, error.message)
        } catch {
            throw Failure(store: error, place.dataFolder)
        }
    }

    private static func running(_ place: Place, _ reason: String) -> Failure {
        Failure(.temporaryFailure, "\(reason): stop it before, `\(place.stopCommand)`")
    }
}

extension Backup.Entry: JSONCodable {
    init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, schema: Int?, bytes: Int64?, sha256: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "schema": schema = try json.int()
            case "bytes": bytes = try json.int64()
            case "sha256": sha256 = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), schema: try json.require(schema, "schema"),
            bytes: try json.require(bytes, "bytes"), sha256: sha256)
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("schema", schema)
            $0.member("bytes", bytes)
            $0.member("sha256", ifPresent: sha256)
        }
    }
}

extension Backup.Manifest: JSONCodable {
    init(from json: inout JSONReader) throws(JSONError) {
        var version: String?, takenAt: Timestamp?, databases: [Backup.Entry]?, absent: [String]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "version": version = try json.string()
            case "takenAt": takenAt = try json.value()
            case "databases": databases = try json.value()
            case "absent": absent = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            version: try json.require(version, "version"), takenAt: try json.require(takenAt, "takenAt"),
            databases: try json.require(databases, "databases"), absent: absent ?? [])
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("version", version)
            $0.member("takenAt", takenAt)
            $0.member("databases", databases)
            $0.member("absent", absent)
        }
    }
}
