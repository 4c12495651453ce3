import Glibc
public import Simulators

/// A certificate for "localhost" that signs itself, made by the `openssl` command for one test.
public final class TestCertificate: ServerCertificate {
    /// Whether the command is there; tests that need it skip by name where not.
    public static let canBeMade = access("/usr/bin/openssl", X_OK) == 0

    private let folder = TemporaryDirectory()

    /// The file of the certificate, in PEM.
    public var file: String { folder.file("certificate.pem") }
    public var key: String { folder.file("key.pem") }

    /// - Parameter name: whom it is for.
    public init(for name: String = "localhost") async throws {
        try await check([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", file,
        ])
    }
}
