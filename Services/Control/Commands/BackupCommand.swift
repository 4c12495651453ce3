import ArgumentParser
import JSONCodec
import Linux

/// `millctl backup FOLDER`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies all databases, as they are at one moment, while the suite runs.",
        discussion: """
            Makes the folder: a file for each database, and backup.json, which says what they are. Nobody is kept waiting \
            but for the moment that all copies are of. Databases that are not there are named: also where the suite has its \
            books in a file that $MILLRACE_BOOKS does not name here. The settings in /etc/millrace and the secrets are not in it. \
            `millctl check --backup FOLDER` reads it through, `millctl restore FOLDER` brings it back.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The folder to make.", completion: .directory) var folder: String

    func run() throws {
        let place = global.place
        let backup = try Backup.take(at: place, into: folder, now: SystemTime().wall())
        for database in SuiteDatabase.all where backup.manifest.absent.contains(database.name) {
            Output.error("millctl: \(database.absence(at: place))")
        }
        if global.json { return JSONOutput.document(backup.manifest) }
        Output.table(backup.table, global.terminal)
    }
}

extension Backup {
    var table: Table {
        var table = Table([.text("Database"), .number("Schema"), .number("Size")])
        for entry in manifest.databases {
            table.add([Table.Cell(entry.name), Table.Cell(entry.schema), Table.Cell(ByteText.short(entry.bytes))])
        }
        return table
    }
}

extension SuiteDatabase {
    /// That a backup does not have it, and what to do if it should.
    fileprivate func absence(at place: Place) -> String {
        let path = file(at: place).path
        if isOwned { return "no \(name) is in the backup: there is no \(path)" }
        return
            "no \(name) are in the backup: there is no \(path). If the suite has them in another file, call this again with "
            + "MILLRACE_BOOKS as the suite has it; those in Notion are not Millrace's to back up"
    }
}

/// `millctl restore FOLDER`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts the databases of a backup in place of those of a suite that is stopped.",
        discussion: """
            Reads the backup through before anything is changed; refuses one that is damaged, of a newer release, or not as it \
            was made. All databases are replaced, or none. What was there is kept in a folder beside it, which is named. \
            Databases that the backup does not have stay.

            One that was broken off while it put the databases in place keeps the suite from starting. The next one, also \
            without a folder, finishes it.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(
        help: "A folder made by `millctl backup`; left out, one that was broken off is finished.",
        completion: .directory)
    var folder: String?

    func run() throws {
        let place = global.place
        guard let folder else {
            guard let restoration = try Restoration.finish(at: place) else {
                throw Failure(.usage, "no restore was broken off here: name the folder of a backup")
            }
            return show(restoration)
        }
        let backup = try Backup(folder)
        let problems = backup.problems()
        guard problems.isEmpty else {
            var failure = Failure(.dataError, "the backup in \(folder) cannot be restored, nothing was changed")
            failure.lines = problems
            throw failure
        }
        let restoration = try backup.restore(at: place, now: SystemTime().wall())
        if !backup.isSealed {
            Output.error("millctl: \(backup.unsealed)")
        }
        show(restoration, backup)
    }

    private func show(_ restoration: Restoration, _ backup: Backup? = nil) {
        if global.json { return JSONOutput.document(restoration) }
        if restoration.finished { Output.line("the restore that was broken off is finished") }
        if let backup {
            Output.table(backup.table, global.terminal)
            Output.line("as of \(backup.manifest.takenAt)")
            let absent = backup.manifest.absent
            if !absent.isEmpty { Output.line("not in the backup, and as before: \(absent.joined(separator: ", "))") }
        }
        for kept in restoration.kept { Output.line("what was there is kept in \(kept)") }
        Output.line("start the suite: \(global.place.startCommand)")
    }
}

extension Backup {
    /// What a person has to know of one that is not ``isSealed``.
    var unsealed: String {
        "\(folder) was made before backups noted what their files are: that they are the right ones is not known"
    }
}

extension Restoration: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("restored", ifPresent: manifest)
            if finished { $0.member("finished", true) }
            $0.member("kept", ifPresent: kept.last)
            if kept.count > 1 { $0.member("alsoKept", Array(kept.dropLast())) }
        }
    }
}
