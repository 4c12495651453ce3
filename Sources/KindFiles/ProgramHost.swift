import Declarations
import Glibc
import Linux

/// The machine on which declared programs will run, as far as declarations can be checked against it.
struct ProgramHost {
    /// As whom the runner runs; nil when that is not known, and is not checked then.
    let runner: UInt32?

    /// As whom a process runs for which only a group is declared.
    var own: UInt32 { runner ?? geteuid() }

    /// A text that says why the program cannot be started; nil when nothing is known against it.
    func fault(ofProgram path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return "cannot be found: \(SystemError(errno: "stat \(path)"))" }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return "is a directory; name a program in it"
        default: return "is no file that can be started"
        }
        guard status.st_mode & 0o111 != 0 else { return "is not executable; chmod +x \(path)" }
        return nil
    }

    func fault(ofDirectory path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return "cannot be found: \(SystemError(errno: "stat \(path)"))" }
        return status.st_mode & S_IFMT == S_IFDIR ? nil : "is no directory"
    }

    /// Why the runner cannot start a process as this user or group; nil when it can.
    func fault(of identity: ProcessIdentity) -> String? {
        guard let runner, runner != 0 else { return nil }
        let group = runner == geteuid() ? getegid() : SystemUser.with(id: runner)?.group
        if identity.uid == runner, identity.gid == group ?? identity.gid { return nil }
        return "only a runner that is root can start processes as somebody else, and this one has uid \(runner)"
    }

    /// The user of that name or number.
    func user(_ text: String) -> SystemUser? {
        SystemUser.named(text) ?? UInt32(text).flatMap(SystemUser.with)
    }

    /// The group of that name or number.
    func group(_ text: String) -> UInt32? {
        SystemGroup.id(named: text) ?? UInt32(text)
    }
}
