import Glibc
import Linux

/// Where an export goes: standard output, or a file that is there whole or not at all.
final class OutputFile: Sendable {
    let path: String?
    private let temporary: String?
    private let descriptor: Descriptor

    /// Nil and "-" are standard output. What is no plain file, such as /dev/null, is written to directly.
    init(_ path: String?) throws(Failure) {
        guard let path, path != "-" else {
            self.path = nil
            temporary = nil
            descriptor = Descriptor(dup(STDOUT_FILENO))
            return
        }
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let name = isSpecial ? path : "\(path).\(getpid()).part"
        let raw = Glibc.open(name, O_WRONLY | O_CREAT | O_CLOEXEC | (isSpecial ? 0 : O_EXCL), 0o644)
        guard raw >= 0 else { throw Failure(.cannotCreate, "\(SystemError(number: errno, call: "create \(path)"))") }
        self.path = path
        temporary = isSpecial ? nil : name
        descriptor = Descriptor(raw)
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        do {
            try descriptor.writeAll(bytes)
        } catch {
            if path == nil, error.number == EPIPE { _exit(128 + SIGPIPE) }
            throw Failure(.ioError, "\(path ?? "standard output"): \(error)")
        }
    }

    /// Puts the file in its place, as whoever started this program.
    func finish() throws(Failure) {
        guard let path, let temporary else { return }
        if geteuid() != getuid() { seteuid(getuid()) }
        do {
            try Files.synchronize(temporary)
            try Files.rename(temporary, to: path)
        } catch {
            throw Failure(.ioError, "\(error)")
        }
    }

    deinit {
        if let temporary { unlink(temporary) }
    }
}
