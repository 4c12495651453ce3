import ArgumentParser
import JSONCodec
import Linux

/// `millctl backup FOLDER`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies all databases, as they are at one moment, while the suite runs.",
        discussion: """
            Makes the folder: a file for each database, and backup.json, which says what they are. Nobody is kept waiting \
            but for the moment that all copies are of. The settings in /etc/millrace and the secrets are not in it. \
            `millctl check --backup FOLDER` reads it through, `millctl restore FOLDER` brings it back.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The folder to make.", completion: .directory) var folder: String

    func run() throws {
        let backup = try Backup.take(at: global.place, into: folder, now: SystemTime().wall())
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

/// `millctl restore FOLDER`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts the databases of a backup in place of those of a suite that is stopped.",
        discussion: """
            Reads the backup through before anything is changed; refuses one that is damaged or of a newer release. What \
            was there is kept in a folder beside it, which is named. Databases that the backup does not have stay.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A folder made by `millctl backup`.", completion: .directory) var folder: String

    func run() throws {
        let backup = try Backup(folder)
        let problems = try backup.problems()
        guard problems.isEmpty else {
            var failure = Failure(.dataError, "the backup in \(folder) cannot be restored, nothing was changed")
            failure.lines = problems
            throw failure
        }
        let kept = try backup.restore(at: global.place, now: SystemTime().wall())
        if global.json {
            return JSONOutput.document(RestoreReport(manifest: backup.manifest, kept: kept))
        }
        Output.table(backup.table, global.terminal)
        Output.line("as of \(backup.manifest.takenAt)")
        if let kept { Output.line("what was there is kept in \(kept)") }
        Output.line("start the suite: \(global.place.startCommand)")
    }
}

private struct RestoreReport: JSONEncodable {
    var manifest: Backup.Manifest
    var kept: String?

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("restored", manifest)
            $0.member("kept", ifPresent: kept)
        }
    }
}
