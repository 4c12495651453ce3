import NIOSSL

/// What makes a simulated service one of HTTPS: files in PEM.
public protocol ServerCertificate: Sendable {
    /// The certificate.
    var file: String { get }
    /// Its private key.
    var key: String { get }
}

extension ServerCertificate {
    func serverConfiguration() throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
    }
}
