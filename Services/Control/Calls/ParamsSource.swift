import Glibc
import JSONCodec
import Linux

/// Where parameters come from: JSON as it stands, `@FILE`, or `@-` for standard input.
struct ParamsSource {
    /// A frame holds no more.
    static let limit = 16 << 20

    /// What the error messages call it: "--params".
    var option: String
    var readInput: () throws -> [UInt8] = { try Descriptor(dup(STDIN_FILENO)).readToEnd() }

    func read(_ text: String) throws(Failure) -> JSONRaw {
        let (bytes, origin) = try load(text)
        guard bytes.count <= Self.limit else {
            throw Failure(.dataError, "\(origin): \(bytes.count) bytes are too many, at most \(Self.limit)")
        }
        do {
            return try JSONRaw(validating: bytes)
        } catch {
            throw Failure(.dataError, "\(origin): not JSON at byte \(error.offset): \(error.message)")
        }
    }

    private func load(_ text: String) throws(Failure) -> ([UInt8], origin: String) {
        guard text.hasPrefix("@") else { return (Array(text.utf8), option) }
        let name = String(text.dropFirst())
        do {
            if name == "-" { return (try readInput(), "\(option): standard input") }
            return (try Files.read(name), "\(option): \(name)")
        } catch let error as SystemError {
            throw Failure(Failure(error).exit, "\(option): \(error)")
        } catch {
            throw Failure(.ioError, "\(option): \(error)")
        }
    }
}
