import Glibc
import Linux
import MillraceProtocol
import Systemd

/// Secrets by name: those that the service manager laid out, else the files in `etc/credentials` of the state folder.
public struct Secrets: Sendable {
    /// A longer secret is refused.
    public static let longest = 1 << 16

    /// The suite's state folder; nil on an installed system.
    public let state: String?

    public init(state: String?) { self.state = state }

    /// The bytes of a secret, without the line end that an editor leaves behind it. Read anew each time, so that a secret
    /// can be changed without a restart.
    public func read(_ name: String) throws(SecretError) -> [UInt8] {
        guard NameRule.isSecret(name) else { throw .badName }
        var looked: [String] = []
        if let directory = Environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
            let path = "\(directory)/\(name)"
            let found: [UInt8]?
            do {
                found = try Credentials.read(name)
            } catch {
                throw .unreadable(path, error)
            }
            if let found { return try Self.trimmed(found, path) }
            looked.append(path)
        } else {
            looked.append("$CREDENTIALS_DIRECTORY, which is not set")
        }
        if let state {
            let path = "\(state)/etc/credentials/\(name)"
            if let found = try Self.file(path) { return try Self.trimmed(found, path) }
            looked.append(path)
        }
        throw .missing(name, looked: looked)
    }

    /// The bytes of a file that others may not touch; nil when there is none.
    private static func file(_ path: String) throws(SecretError) -> [UInt8]? {
        do throws(SystemError) {
            var status = stat()
            try retrying("stat \(path)") { stat(path, &status) }
            guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(number: EINVAL, call: "read \(path)") }
            let file = try Files.open(path)
            // Of the file that is open now: the one that was looked at may have been replaced.
            try retrying("fstat \(path)") { fstat(file.raw, &status) }
            guard status.st_mode & 0o007 == 0 else { throw SystemError(number: EPERM, call: path) }
            guard status.st_size <= longest else { throw SystemError(number: EFBIG, call: "read \(path)") }
            return try file.readToEnd()
        } catch {
            switch error.number {
            case ENOENT: return nil
            case EPERM where error.call == path: throw .exposed(path)
            default: throw .unreadable(path, error)
            }
        }
    }

    private static func trimmed(_ bytes: [UInt8], _ path: String) throws(SecretError) -> [UInt8] {
        var bytes = bytes
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard !bytes.isEmpty else { throw .empty(path) }
        return bytes
    }
}

/// Why there is no secret. Names places, never what is in them.
public enum SecretError: RPCErrorConvertible, Hashable {
    case badName
    case missing(String, looked: [String])
    case unreadable(String, SystemError)
    case exposed(String)
    case empty(String)

    public var rpcError: RPCError {
        let reason =
            switch self {
            case .badName: "secret.name"
            case .missing: "secret.missing"
            case .unreadable: "secret.unreadable"
            case .exposed: "secret.exposed"
            case .empty: "secret.empty"
            }
        return RPCError(.failedPrecondition, message, reason: reason)
    }

    private var message: String {
        switch self {
        case .badName: "the name of a credential is a plain file name"
        case .missing(let name, let looked):
            "there is no credential \(name); looked for in: \(looked.joined(separator: ", "))"
        case .unreadable(let path, let error): "the credential \(path) cannot be read: \(error)"
        case .exposed(let path): "others have access to the credential \(path); run: chmod o= \(path)"
        case .empty(let path): "the credential \(path) is empty"
        }
    }
}
