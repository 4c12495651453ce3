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
    }

    /// Written last into a folder that gets its name after that: a folder with it is whole.
    struct Manifest: Sendable, Hashable {
        var version: String
        var takenAt: Timestamp
        var databases: [Entry]
    }

    let folder: String
    let manifest: Manifest

    private static let manifestName = "backup.json"

    /// Takes a backup into a new folder.
    static func take(at place: Place, into folder: String, now: Timestamp) throws -> Backup {
        guard !Files.exists(folder) else {
            throw Failure(.cannotCreate, "\(folder) is there already: name a new folder, which the backup makes")
        }
        let present = SuiteDatabase.present(at: place)
        guard !present.isEmpty else {
            throw Failure(.noInput, "no database in \(place.dataFolder): nothing to back up")
        }
        let partial = folder + ".partial"
        if Files.exists(partial) { try Files.removeTree(partial) }
        // Nobody else is to read what the services keep to themselves.
        umask(0o077)
        try Files.makeDirectory(partial, mode: 0o700)
        do {
            try DatabaseFile.copy(present.map { ($0.file, "\(partial)/\($0.database.fileName)") })
            let entries = try present.map { database, _ in
                let copy = DatabaseFile("\(partial)/\(database.fileName)")
                return Entry(name: database.name, schema: try copy.version(), bytes: try copy.size().bytes)
            }
            let manifest = Manifest(version: MillraceVersion.current, takenAt: now, databases: entries)
            try Files.write("\(partial)/\(manifestName)", JSON.text(manifest) + "\n", mode: 0o600)
            try Files.synchronize("\(partial)/\(manifestName)")
            try Files.synchronize(partial)
            try Files.rename(partial, to: folder)
            try Files.synchronize(Files.parent(Files.absolute(folder)))
            return Backup(folder: folder, manifest: manifest)
        } catch {
            // What was not finished is in the way of the next try; where it cannot be removed that one says so.
            try? Files.removeTree(partial)
            throw Failure(store: error, "backup into \(folder)")
        }
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

    /// What keeps it from being restored by this release; empty when nothing does. Reads all of it.
    func problems() throws -> [String] {
        var found: [String] = []
        for entry in manifest.databases {
            guard let database = SuiteDatabase.all.first(where: { $0.name == entry.name }) else {
                found.append("\(entry.name): this release knows no such database")
                continue
            }
            let file = file(of: entry)
            do throws(StoreError) {
                found += try file.problems().map { "\(entry.name): \($0)" }
                if let complaint = database.complaint(version: try file.version()) {
                    found.append("\(entry.name) \(complaint)")
                }
            } catch {
                found.append("\(entry.name): \(error.message)")
            }
        }
        return found
    }

    /// Puts its databases in place of those of a suite that does not run.
    ///
    /// - Returns: the folder in which what was there is kept; nil where there was nothing.
    func restore(at place: Place, now: Timestamp) throws -> String? {
        let pairs = manifest.databases.compactMap { entry in
            SuiteDatabase.all.first { $0.name == entry.name }.map { (file(of: entry), $0.file(at: place)) }
        }
        let hold = try Hold(SuiteDatabase.all.filter(\.isOwned).map { $0.file(at: place) }, at: place)
        defer { withExtendedLifetime(hold) {} }
        let kept = "\(place.dataFolder)/before-restore-\(now.milliseconds)"
        try Files.makeDirectory(kept, mode: 0o700)
        do {
            for (copy, file) in pairs { try copy.replace(file, keeping: kept) }
            try Self.giveToOwner(of: place.dataFolder, SuiteDatabase.all.map { $0.file(at: place).path } + [kept])
        } catch {
            throw Failure(store: error, "restore from \(folder); what was there is in \(kept)")
        }
        guard try Files.list(kept).isEmpty else { return kept }
        rmdir(kept)
        return nil
    }

    /// What root makes in the services' folder is theirs.
    private static func giveToOwner(of folder: String, _ paths: [String]) throws(SystemError) {
        var status = stat()
        guard geteuid() == 0, stat(folder, &status) == 0 else { return }
        for path in paths.flatMap({ [$0, $0 + ".lock"] }) where Files.exists(path) {
            guard chown(path, status.st_uid, status.st_gid) == 0 else {
                throw SystemError(number: errno, call: "chown \(path)")
            }
        }
    }
}

/// Keeps the suite from starting while its databases are changed from outside; refuses while it runs.
private struct Hold {
    private let state: StateLock?
    private let databases: [any Sendable]

    init(_ files: [DatabaseFile], at place: Place) throws(Failure) {
        do {
            var lock: StateLock?
            if case .state(let state) = place {
                try state.create()
                lock = try StateLock.take(state.pidFile)
                guard lock != nil else { throw Self.running(place, "the suite runs") }
            }
            state = lock
            var databases: [any Sendable] = []
            for file in files { databases.append(try file.own()) }
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
        var name: String?, schema: Int?, bytes: Int64?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "schema": schema = try json.int()
            case "bytes": bytes = try json.int64()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), schema: try json.require(schema, "schema"),
            bytes: try json.require(bytes, "bytes"))
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("schema", schema)
            $0.member("bytes", bytes)
        }
    }
}

extension Backup.Manifest: JSONCodable {
    init(from json: inout JSONReader) throws(JSONError) {
        var version: String?, takenAt: Timestamp?, databases: [Backup.Entry]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "version": version = try json.string()
            case "takenAt": takenAt = try json.value()
            case "databases": databases = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            version: try json.require(version, "version"), takenAt: try json.require(takenAt, "takenAt"),
            databases: try json.require(databases, "databases"))
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("version", version)
            $0.member("takenAt", takenAt)
            $0.member("databases", databases)
        }
    }
}
