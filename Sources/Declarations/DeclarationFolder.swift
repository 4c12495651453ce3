import Glibc
import Linux

/// A folder of declaration files: all `*.yaml` and `*.yml` in it, by name; other files and dot files are not looked at.
public struct DeclarationFolder {
    /// Files that are read at most.
    public static let files = 1000
    /// Bytes of all files together.
    public static let bytes = 16 << 20

    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    /// Hands the root of each file that can be read to `body`, in the order of the files' names.
    ///
    /// A file or folder that everybody may write is a problem and is not read: who declares what is run decides what is
    /// run.
    /// - Parameter mayBeAbsent: whether a folder that is not there is one without files.
    public func read(mayBeAbsent: Bool = false, into problems: ProblemList, _ body: (Declared) -> Void) {
        guard let names = names(mayBeAbsent: mayBeAbsent, problems) else { return }
        var total = 0
        for name in names {
            let file = path == "/" ? "/\(name)" : "\(path)/\(name)"
            guard let bytes = contents(of: file, problems) else { continue }
            total += bytes.count
            guard total <= Self.bytes else {
                problems.add(
                    Problem(
                        at: SourcePlace(file),
                        "the files of the folder are larger than \(ByteSize.text(Self.bytes)) together; "
                            + "this one and those after it are not read"))
                return
            }
            if let root = YAMLReader.read(bytes, file: file, into: problems) {
                body(Declared(root, file: file, problems: problems))
            }
        }
    }

    private func names(mayBeAbsent: Bool, _ problems: ProblemList) -> [String]? {
        do throws(SystemError) {
            let names = try Files.list(path).filter { name in
                !name.hasPrefix(".") && (name.hasSuffix(".yaml") || name.hasSuffix(".yml"))
            }
            guard isSafe(path, problems) != nil else { return nil }
            if names.count > Self.files {
                problems.add(
                    Problem(
                        at: SourcePlace(path),
                        "the folder holds \(names.count) files; the first \(Self.files) are read, put more "
                            + "declarations into one file"))
            }
            return Array(names.prefix(Self.files))
        } catch {
            if !(mayBeAbsent && error.number == ENOENT) {
                problems.add(Problem(at: SourcePlace(path), "the folder cannot be read: \(error)"))
            }
            return nil
        }
    }

    private func contents(of file: String, _ problems: ProblemList) -> [UInt8]? {
        guard let mode = isSafe(file, problems) else { return nil }
        guard mode & S_IFMT == S_IFREG else {
            problems.add(Problem(at: SourcePlace(file), "this is no regular file; give it another name"))
            return nil
        }
        do throws(SystemError) {
            return try Files.read(file, limit: SourceText.limit)
        } catch {
            problems.add(
                error.number == EFBIG
                    ? SourceText.tooLarge(file: file)
                    : Problem(at: SourcePlace(file), "the file cannot be read: \(error)"))
            return nil
        }
    }

    /// The mode of what is there, links followed; nil, with its problem, when everybody may write it.
    private func isSafe(_ path: String, _ problems: ProblemList) -> mode_t? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            problems.add(
                Problem(at: SourcePlace(path), "the file cannot be read: \(SystemError(errno: "stat \(path)"))"))
            return nil
        }
        guard status.st_mode & S_IWOTH == 0 else {
            problems.add(
                Problem(at: SourcePlace(path), "everybody may write this, so it is not read; chmod o-w \(path)"))
            return nil
        }
        return status.st_mode
    }
}
