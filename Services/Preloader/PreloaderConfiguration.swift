import MillraceService

/// The preloader's settings; ``keys`` is their parser, their defaults and their reference.
struct PreloaderConfiguration: ServiceConfiguration {
    /// The folder with the declarations of datasets; empty for the usual one.
    var datasets = ""
    /// Whether permits of resources come from the runner.
    var runnerPermits = true
    /// Bytes of cached values, over all datasets.
    var cacheBytes = 256 << 20
    /// A file of certificates in PEM; empty for none.
    var trusted = ""

    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "Datasets", "DatasetFolder", \.datasets, .text,
            "The folder with the declarations of datasets. Empty: datasets.d in /etc/millrace or etc of the suite's folder."
        ),
        .init(
            "Datasets", "CacheBytes", \.cacheBytes, .bytes(1 << 20...1 << 40),
            "Memory of all caches together: what the datasets declare may not come to more."),
        .init(
            "Resources", "RunnerPermits", \.runnerPermits, .boolean,
            "Whether permits of resources come from the runner, which shares them out among all processes."),
        .init(
            "Web", "TrustedCertificates", \.trusted, .text,
            "A file of certificates in PEM that are trusted besides the system's."),
    ]
}
