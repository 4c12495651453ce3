import Glibc
public import Linux

/// Secrets that the service manager lays out for this process (LoadCredential= and its kin).
public enum Credentials {
    /// The bytes of a credential; nil when it was not given or there is no $CREDENTIALS_DIRECTORY.
    ///
    /// - Throws: EINVAL for a name that is no plain file name, EFBIG beyond systemd's own bound of 1 MiB.
    public static func read(_ name: String) throws(SystemError) -> [UInt8]? {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
            throw SystemError(number: EINVAL, call: "read credential \(name)")
        }
        guard let directory = Environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else { return nil }
        do {
            return try Files.read("\(directory)/\(name)", limit: 1 << 20)
        } catch {
            if error.number == ENOENT { return nil }
            throw error
        }
    }
}
