import Glibc
import Linux
import MillraceProtocol
import MillraceStore

/// Looks at what a suite needs of its machine: files, units, sockets, permissions, disk, clock, databases, settings.
struct Doctor {
    /// The one socket that no service is called at.
    private static let page = "millrace-metrics-http.socket"
    /// How long a command of the system may take to answer.
    static let patience = Duration.seconds(20)

    let place: Place
    let now: Timestamp
    /// What the services themselves say of theirs.
    let settings: [SettingsAnswer]

    func findings() async -> [Finding] {
        let judged = settings.map(\.finding)
        return await units() + sockets() + permissions() + disk() + clock() + databases() + judged
    }

    // MARK: What systemd says

    private func units() async -> [Finding] {
        guard case .system = place else { return [] }
        let names =
            ["millrace.target", Self.page] + KnownService.all.flatMap { [$0.unit, "millrace-\($0.name).socket"] }
        let told: [UnitProperties]
        do {
            told = try await UnitProperties.ask(
                ["Id", "LoadState", "ActiveState", "Result", "NeedDaemonReload"], of: names)
        } catch {
            return [.warn("units", "\(error)", "for a suite without systemd give --state DIR")]
        }
        return told.compactMap { unit in
            let name = unit["Id"]
            guard !name.isEmpty else { return nil }
            let subject = "unit \(name)"
            if unit["LoadState"] != "loaded" {
                return .fail(subject, "is not installed", "apt install --reinstall ./millrace_*.deb")
            }
            if unit["ActiveState"] == "failed", name == Self.page {
                return .fail(
                    subject, "failed, perhaps something else has its port: \(unit["Result"])",
                    "journalctl -u \(name) -n 5; systemctl stop millrace-metrics.service; "
                        + "systemctl start \(name) millrace-metrics.service")
            }
            if unit["ActiveState"] == "failed" {
                return .fail(
                    subject, "failed: \(unit["Result"])", "journalctl -u \(name) -n 50; systemctl start \(name)"
                )
            }
            if unit["NeedDaemonReload"] == "yes" {
                return .warn(subject, "its file was changed since systemd read it", "systemctl daemon-reload")
            }
            if unit["ActiveState"] != "active" {
                return .warn(subject, "is \(unit["ActiveState"])", "systemctl start millrace.target")
            }
            return .ok(subject, "active")
        }
    }

    // MARK: Files

    private func sockets() -> [Finding] {
        guard case .system = place else { return [] }
        return KnownService.all.compactMap { service in
            let path = place.socket(of: service.name)
            guard let status = Self.status(path) else { return nil }
            let mode = status.st_mode & 0o777
            let advice = "systemctl restart millrace-\(service.name).socket"
            guard mode == 0o660 else { return .fail(path, "has the mode \(Self.octal(mode)), not 660", advice) }
            guard let user = SystemUser.named("millrace"), user.group == status.st_gid else {
                return .fail(path, "is not open to the group millrace", advice)
            }
            return .ok(path, "open to the group millrace")
        }
    }

    private func permissions() -> [Finding] {
        let folder = place.dataFolder
        guard let status = Self.status(folder) else {
            return [
                .fail(
                    folder, "is not there, or not for you to see",
                    place == .system ? "run this as root" : place.startCommand)
            ]
        }
        var found: [Finding] = []
        if status.st_mode & 0o007 != 0 {
            found.append(.fail(folder, "is open to everybody", "chmod o= \(ShellWord.quoted(folder))"))
        }
        if place == .system, SystemUser.named("millrace")?.id != status.st_uid {
            found.append(.fail(folder, "does not belong to millrace", "chown millrace:millrace \(folder)"))
        }
        for (database, file) in SuiteDatabase.present(at: place) {
            found += Self.permissions(of: database, file)
        }
        if place == .system {
            let configuration = place.configuration
            let declared = ConfigurationFolder.Subject.allCases.map(configuration.declarations)
            for folder in [configuration.path] + declared {
                guard let status = Self.status(folder), status.st_uid != 0 || status.st_mode & 0o022 != 0 else {
                    continue
                }
                found.append(
                    .fail(
                        folder, "others than root may write there, and so start anything",
                        "chown root: \(folder); chmod go-w \(folder)"))
            }
        }
        return found.isEmpty ? [.ok(folder, "belongs to whom it should")] : found
    }

    private static func permissions(of database: SuiteDatabase, _ file: DatabaseFile) -> [Finding] {
        let subject = "file of \(database.name)"
        guard let status = status(file.path), let folder = Self.status(Files.parent(file.path)) else { return [] }
        let path = ShellWord.quoted(file.path)
        var found: [Finding] = []
        if status.st_uid != folder.st_uid {
            let parent = ShellWord.quoted(Files.parent(file.path))
            found.append(
                .fail(
                    subject, "\(file.path) does not belong to the owner of its folder",
                    "chown --reference=\(parent) \(path)*"))
        }
        let mode = status.st_mode & 0o777
        if mode & 0o007 != 0 {
            found.append(
                .fail(subject, "\(file.path) is open to everybody: its mode is \(octal(mode))", "chmod go= \(path)*"))
        } else if mode & 0o070 != 0 {
            found.append(
                .warn(
                    subject, "\(file.path) is open to its group, which no service needs: its mode is \(octal(mode))",
                    "chmod g= \(path)*"))
        }
        return found
    }

    private func disk() -> [Finding] {
        var figures = statvfs()
        guard statvfs(place.dataFolder, &figures) == 0 else { return [] }
        let free = Int64(figures.f_bavail) * Int64(figures.f_frsize)
        let (subject, says) = ("disk of \(place.dataFolder)", "\(ByteText.short(free)) are free")
        let advice = "make room: millctl vacuum\(place.option), journalctl --vacuum-size=500M"
        if free < 100 << 20 { return [.fail(subject, says, advice)] }
        if free < 1 << 30 { return [.warn(subject, says, advice)] }
        if figures.f_files > 0, figures.f_favail < 1000 { return [.fail(subject, "no more files can be made", advice)] }
        return [.ok(subject, says)]
    }

    // MARK: Clock, databases

    private func clock() async -> [Finding] {
        let newest =
            SuiteDatabase.present(at: place).compactMap { Self.status($0.file.path)?.st_mtim.tv_sec }.max() ?? 0
        let ahead = Int64(newest) - now.milliseconds / 1000
        if ahead > 60 {
            return [
                .fail(
                    "clock", "is \(Duration.seconds(ahead).short) behind the latest change of a database",
                    "timedatectl; set the clock before the suite runs on: what is due is judged by it")
            ]
        }
        let question = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
        // Without systemd there is nobody to ask.
        guard let told = try? await ProgramAnswer.output(of: question, within: Self.patience) else {
            return [.ok("clock", "whether it is kept right is not known here")]
        }
        return told == "yes\n"
            ? [.ok("clock", "kept right over the network")]
            : [.warn("clock", "nothing keeps it right", "timedatectl set-ntp true")]
    }

    private func databases() -> [Finding] {
        do throws(StoreError) {
            if try Replacement.unfinished(in: SuiteDatabase.folders(at: place)) != nil {
                return [
                    Self.unfinishedRestore(
                        "was broken off: the databases are of different moments, and not used", place)
                ]
            }
        } catch {
            return [Self.unfinishedRestore(error.message, place)]
        }
        let lost = SuiteDatabase.lost(at: place).map { database, file in
            Finding.fail(
                "database \(database.name)", "is not there, but it was",
                "\(place.stopCommand); millctl restore FOLDER\(place.option)")
        }
        return lost
            + SuiteDatabase.present(at: place).map { database, file in
                let verdict = DatabaseVerdict(database, file, isDeep: false)
                let subject = "database \(database.name)"
                guard let problem = verdict.problems.first else {
                    if verdict.hasChecksums == false {
                        return .warn(
                            subject, "its pages have no checksums, so a flipped bit would not be noticed",
                            "\(place.stopCommand); millctl vacuum --all\(place.option)")
                    }
                    let size = [
                        verdict.bytes.map { ByteText.short($0) }, verdict.free.map { "\(ByteText.short($0)) free" },
                    ]
                    return .ok(
                        subject, "schema \(verdict.schema ?? 0), " + size.compactMap { $0 }.joined(separator: ", "))
                }
                return .fail(subject, problem, "millctl check\(place.option); millctl restore FOLDER\(place.option)")
            }
    }

    private static func unfinishedRestore(_ says: String, _ place: Place) -> Finding {
        .fail("restore", says, "\(place.stopCommand); millctl restore\(place.option)")
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func octal(_ mode: mode_t) -> String { String(mode, radix: 8) }
}
