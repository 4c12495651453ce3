import Glibc

/// A file system of a few megabytes in memory, to be filled up. Needs root.
public final class SmallDisk: Sendable {
    /// Why there is none; nil where there can be one.
    public static let hindrance: String? = {
        guard geteuid() == 0 else { return "needs root" }
        let disk = try? SmallDisk(megabytes: 1)
        return disk == nil ? "may not mount" : nil
    }()

    private let folder = TemporaryDirectory()
    public var path: String { folder.file("disk") }
    private var filler: String { path + "/filler" }

    public init(megabytes: Int) throws {
        mkdir(folder.file("disk"), 0o755)
        guard mount("tmpfs", folder.file("disk"), "tmpfs", 0, "size=\(megabytes)m,mode=0755") == 0 else {
            throw TestFailure("mount: \(String(cString: strerror(errno)))")
        }
    }

    deinit { umount2(folder.file("disk"), Int32(MNT_DETACH)) }

    /// Takes so many bytes away.
    public func reserve(_ bytes: Int) throws {
        let file = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        guard posix_fallocate(file, 0, off_t(bytes)) == 0 else { throw TestFailure("the disk is too small") }
    }

    /// Takes all that is left.
    public func fill() throws {
        let file = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
        guard errno == ENOSPC else { throw TestFailure("fill: \(String(cString: strerror(errno)))") }
    }

    /// Lets nobody write any more, or again; nobody may have a file open for that.
    public func setReadOnly(_ isReadOnly: Bool) throws {
        let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
        guard mount("tmpfs", path, "tmpfs", flags, nil) == 0 else {
            throw TestFailure("mount: \(String(cString: strerror(errno)))")
        }
    }

    /// Gives back what was taken away.
    public func free() { unlink(filler) }
}
